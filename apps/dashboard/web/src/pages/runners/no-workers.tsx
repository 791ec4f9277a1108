/** No worker is connected: how one is. */
import { Code, Stack, Text } from "@mantine/core";
import { EmptyState } from "../../list/empty-state.tsx";

const remote = "REDIS_URL=rediss://... TERA_WORKER_ID=gpu-1 \\\n  node_modules/.bin/node apps/worker/src/main.ts";

export function NoWorkers() {
  return (
    <EmptyState
      title="No worker is connected"
      action={
        <Stack gap={6} w="100%" maw={560} mt="xs">
          <Text size="sm" fw={500}>
            On this machine, with what its engines serve
          </Text>
          <Code block>npm start</Code>
          <Text size="sm" fw={500} mt={6}>
            On a machine with GPUs, in a clone of Tera
          </Text>
          <Code block>{remote}</Code>
          <Text size="xs" c="dimmed">
            It attaches the engines on the usual ports by itself; a file, tera.worker.yaml, names others, or has them
            started. It appears here within seconds.
          </Text>
        </Stack>
      }
    >
      A worker stands beside the GPUs and drives the engines. It needs nothing but a connection to Redis.
    </EmptyState>
  );
}
