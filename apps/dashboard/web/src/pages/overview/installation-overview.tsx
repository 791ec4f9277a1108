/** The installation as it is now and was in the last hour, and what needs somebody. */
import { SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLive } from "../../api/live.ts";
import { attentionQuery } from "../../api/overview.ts";
import { LiveBadge } from "../../live/live-badge.tsx";
import { Page } from "../../shell/page.tsx";
import { findAttention } from "./attention.ts";
import { AttentionList } from "./attention-list.tsx";
import { Fleet } from "./fleet.tsx";
import { HistoryCharts } from "./history-charts.tsx";
import { LiveTiles } from "./live-tiles.tsx";
import { NextSteps } from "./next-steps.tsx";

export function InstallationOverview() {
  const live = useLive();
  const { snapshot, history, everyS } = live;
  const attention = useQuery(attentionQuery);
  const isNew = attention.data !== undefined && !attention.data.setUp.request;

  return (
    <Page title="Overview" about="The installation now, and in the last hour." actions={<LiveBadge live={live} />}>
      {isNew && snapshot !== undefined && <NextSteps setUp={attention.data.setUp} workers={snapshot.workers} />}
      {snapshot === undefined ? (
        <Waiting />
      ) : (
        <Stack gap="md">
          <LiveTiles snapshot={snapshot} history={history} everyS={everyS} />
          <AttentionList items={findAttention(snapshot, history, attention.data)} problem={attention.error?.message} />
          <HistoryCharts history={history} everyS={everyS} />
          <Fleet workers={snapshot.workers} />
        </Stack>
      )}
    </Page>
  );
}

function Waiting() {
  return (
    <Stack gap="md" role="status" aria-busy="true" aria-label="Live figures are on their way">
      <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }} spacing="md">
        {["requests", "tokens", "first token", "queue", "failures", "spend"].map((name) => (
          <Skeleton key={name} h={146} radius="md" />
        ))}
      </SimpleGrid>
      <ChartsWaiting />
    </Stack>
  );
}

function ChartsWaiting() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      {["requests", "tokens", "first token", "queue"].map((name) => (
        <Skeleton key={name} h={264} radius="md" />
      ))}
    </SimpleGrid>
  );
}
