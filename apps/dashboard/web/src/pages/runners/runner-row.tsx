/** One runner: what it drives, how it is and why, and how much it has to do. */
import { Anchor, Badge, Grid, Group, Progress, Stack, Text, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { LiveRunner, LiveWorker } from "@tera/admin-api/workers";
import { useMay } from "../../api/session.ts";
import { formatShort } from "../../format/quantity.ts";
import { describeState } from "../../live/runner-words.ts";
import { RunnerMenu } from "./runner-menu.tsx";

const modelsShownMax = 3;

export interface RunnerRowProps {
  runner: LiveRunner;
  worker: LiveWorker;
  workers: readonly LiveWorker[];
  onShowLog(): void;
}

export function RunnerRow({ runner, worker, workers, onShowLog }: RunnerRowProps) {
  const { id, engine, engineVersion, kind, address, state, tokensPerS } = runner;
  const mayAct = useMay("runners:write");
  const { color, label, about } = describeState(runner);
  return (
    <Grid gap="md" align="flex-start" py="sm" component="article" aria-label={`Runner ${id}`}>
      <Grid.Col span={{ base: 10, sm: 4 }}>
        <Group gap={8} wrap="nowrap">
          <Badge color={color} variant="light" miw={92} style={{ flexShrink: 0 }}>
            {label}
          </Badge>
          <Text fw={600} size="sm" truncate>
            {id}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" mt={4}>
          {engine}
          {engineVersion !== null && ` ${engineVersion}`} · {kind}
          {address !== null && ` · ${address}`}
        </Text>
      </Grid.Col>
      <Grid.Col span={{ base: 2, sm: 1 }} order={{ base: 1, sm: 5 }}>
        <Group justify="flex-end">
          {mayAct && <RunnerMenu workerId={worker.id} runner={runner} workers={workers} onShowLog={onShowLog} />}
        </Group>
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 3 }} order={2}>
        <Models models={runner.models} />
      </Grid.Col>
      <Grid.Col span={{ base: 7, sm: 2 }} order={3}>
        <Slots runner={runner} />
      </Grid.Col>
      <Grid.Col span={{ base: 5, sm: 2 }} order={4}>
        <Text size="xs" c="dimmed" ta="right">
          Tokens/s
        </Text>
        <Text size="sm" fw={600} ta="right">
          {tokensPerS === null ? "–" : formatShort(tokensPerS)}
        </Text>
      </Grid.Col>
      {state !== "ready" && (
        <Grid.Col span={12} order={6} pt={0}>
          <Text
            size="sm"
            c={color === "red" ? "red" : "dimmed"}
            style={{ overflowWrap: "anywhere", whiteSpace: "pre-line" }}
          >
            {sentence(about)}
          </Text>
        </Grid.Col>
      )}
    </Grid>
  );
}

function Models({ models }: { models: readonly string[] }) {
  if (models.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        no model yet
      </Text>
    );
  }
  const rest = models.slice(modelsShownMax);
  return (
    <Stack gap={2}>
      {models.slice(0, modelsShownMax).map((model) => (
        <Anchor
          key={model}
          size="sm"
          truncate
          display="block"
          w="fit-content"
          maw="100%"
          title={model}
          renderRoot={(props) => <Link to="/models/$modelId" params={{ modelId: model }} {...props} />}
        >
          {model}
        </Anchor>
      ))}
      {rest.length > 0 && (
        <Tooltip multiline maw={360} label={rest.slice(0, 20).join(", ")}>
          <Text size="xs" c="dimmed" w="fit-content">
            and {rest.length} more
          </Text>
        </Tooltip>
      )}
    </Stack>
  );
}

function Slots({ runner: { busy, slots } }: { runner: LiveRunner }) {
  return (
    <>
      <Group justify="space-between" gap={4}>
        <Text size="xs" c="dimmed">
          Slots
        </Text>
        <Text size="xs" fw={600}>
          {busy} of {slots}
        </Text>
      </Group>
      <Progress
        mt={6}
        size="sm"
        value={slots === 0 ? 0 : (busy / slots) * 100}
        color={slots > 0 && busy >= slots ? "orange" : "tera"}
        aria-label={`${busy} of ${slots} slots busy`}
      />
    </>
  );
}

/** `it ended` -> `It ended.` */
function sentence(text: string): string {
  const whole = /[.!?…]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
