/** Workers, their GPUs and their runners, as they are now. */
import { Alert, SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import type { LiveSnapshot } from "../../../../api/live.ts";
import { useLive } from "../../api/live.ts";
import type { RunnerName } from "../../api/runners.ts";
import { formatCount, formatShort } from "../../format/quantity.ts";
import { LiveBadge } from "../../live/live-badge.tsx";
import { Fact } from "../../shell/fact.tsx";
import { Page } from "../../shell/page.tsx";
import { NoWorkers } from "./no-workers.tsx";
import { RunnerLog } from "./runner-log.tsx";
import { WorkerSection } from "./worker-section.tsx";

export function RunnersPage() {
  const live = useLive();
  const { snapshot, trouble } = live;
  const [log, setLog] = useState<RunnerName>();
  return (
    <Page
      title="Runners"
      about="The engines behind the models, and the machines that they run on."
      actions={<LiveBadge live={live} />}
    >
      {trouble !== undefined && (
        <Alert color="orange" icon={<IconAlertTriangle />} title="The picture stands still">
          {trouble}
        </Alert>
      )}
      {snapshot === undefined && trouble === undefined && (
        <Stack gap="md" role="status" aria-busy="true" aria-label="Workers are on their way">
          <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
            {["runners", "slots", "waiting", "tokens"].map((name) => (
              <Skeleton key={name} h={70} radius="md" />
            ))}
          </SimpleGrid>
          <Skeleton h={220} radius="md" />
        </Stack>
      )}
      {snapshot !== undefined && (snapshot.workers.length === 0 ? <NoWorkers /> : <Figures snapshot={snapshot} />)}
      {snapshot?.workers.map((worker) => (
        <WorkerSection
          key={worker.id}
          worker={worker}
          workers={snapshot.workers}
          onShowLog={(runnerId) => setLog({ workerId: worker.id, runnerId })}
        />
      ))}
      <RunnerLog name={log} onClose={() => setLog(undefined)} />
    </Page>
  );
}

function Figures({ snapshot: { workers, slots, now } }: { snapshot: LiveSnapshot }) {
  const runners = workers.flatMap((worker) => (worker.draining ? [] : worker.runners));
  const ready = runners.filter(({ state }) => state === "ready" || state === "trial");
  const tokensPerS = runners.reduce((sum, runner) => sum + (runner.tokensPerS ?? 0), 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Fact label="Runners that take requests">
        {ready.length} of {runners.length}
      </Fact>
      <Fact label="Slots in use">
        {formatCount(slots.busy)} of {formatCount(slots.total)}
      </Fact>
      <Fact label="Requests waiting for a slot">{formatCount(now.waiting)}</Fact>
      <Fact label="Tokens per second">{formatShort(tokensPerS)}</Fact>
    </SimpleGrid>
  );
}
