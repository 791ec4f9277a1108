/** The last lines that a runner's engine wrote, going on while they are shown. */

import { Alert, Center, Drawer, Group, Loader, ScrollArea, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type RunnerName, runnerLogsQuery } from "../../api/runners.ts";
import { CopyButton } from "../../form/copy-button.tsx";

export function RunnerLog({ name, onClose }: { name: RunnerName | undefined; onClose(): void }) {
  return (
    <Drawer
      opened={name !== undefined}
      onClose={onClose}
      position="right"
      size="xl"
      title={name === undefined ? "" : `Last log lines of ${name.runnerId}`}
    >
      {name !== undefined && <Lines name={name} />}
    </Drawer>
  );
}

function Lines({ name }: { name: RunnerName }) {
  const { data, error, isPending } = useQuery(runnerLogsQuery(name));
  const viewport = useRef<HTMLDivElement>(null);
  /** Who has scrolled up reads: what comes must not carry it away. */
  const follows = useRef(true);
  const lines = data?.lines ?? [];
  const text = lines.join("\n");

  useEffect(() => {
    if (text !== "" && follows.current) viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, [text]);

  if (isPending) {
    return (
      <Center h={200}>
        <Loader />
      </Center>
    );
  }
  return (
    <Stack gap="sm">
      {error !== null && (
        <Alert color="red" icon={<IconAlertTriangle />} title="The worker was not asked">
          {error.message}
        </Alert>
      )}
      {data?.lines === null && (
        <Text size="sm" c="dimmed">
          Tera did not start this engine, so its lines are where it was started.
        </Text>
      )}
      {data?.lines?.length === 0 && (
        <Text size="sm" c="dimmed">
          The engine has written nothing yet.
        </Text>
      )}
      {lines.length > 0 && (
        <>
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {lines.length} lines, the newest last. Keys and passwords are masked.
            </Text>
            <CopyButton text={text} />
          </Group>
          <ScrollArea
            h="calc(100vh - 150px)"
            viewportRef={viewport}
            viewportProps={{ tabIndex: 0, "aria-label": "Log lines" }}
            onScrollPositionChange={({ y }) => {
              const { scrollHeight = 0, clientHeight = 0 } = viewport.current ?? {};
              follows.current = y + clientHeight >= scrollHeight - 24;
            }}
            bg="var(--mantine-color-default-hover)"
            style={{ borderRadius: "var(--mantine-radius-md)" }}
          >
            <Text
              component="pre"
              className="mono"
              size="xs"
              m={0}
              p="sm"
              style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
            >
              {text}
            </Text>
          </ScrollArea>
        </>
      )}
    </Stack>
  );
}
