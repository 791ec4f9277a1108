/** The files of a batch, to fetch. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { type BatchDetails, type BatchFileKind, batchFileKinds } from "@tera/admin-api/batches";
import { batchFileUrl, hasEnded } from "../../api/batches.ts";
import { formatBytes } from "../../format/bytes.ts";
import { Moment } from "../../format/moment.tsx";

const titles: Record<BatchFileKind, string> = { input: "Input", output: "Output", error: "Errors" };

export function BatchFiles({ batch, mayRead }: { batch: BatchDetails; mayRead: boolean }) {
  return (
    <Stack gap="md">
      {batchFileKinds.map((kind) => {
        const file = batch.files[kind];
        return (
          <Group key={kind} justify="space-between" wrap="nowrap" gap="md">
            <Stack gap={0} miw={0}>
              <Text size="sm" fw={600}>
                {titles[kind]}
              </Text>
              <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {file === null ? (
                  whyNone(kind, batch)
                ) : (
                  <>
                    {file.name}, {formatBytes(file.bytes)}
                    {file.expiresAt !== null && (
                      <>
                        , kept until <Moment at={file.expiresAt} to="day" />
                      </>
                    )}
                  </>
                )}
              </Text>
            </Stack>
            {file !== null && mayRead && (
              <Button
                component="a"
                href={batchFileUrl(batch.id, kind)}
                download
                variant="default"
                size="xs"
                leftSection={<IconDownload size={14} />}
                aria-label={`Download: ${titles[kind]}`}
                style={{ flexShrink: 0 }}
              >
                Download
              </Button>
            )}
          </Group>
        );
      })}
    </Stack>
  );
}

function whyNone(kind: BatchFileKind, batch: BatchDetails): string {
  if (kind === "input") return "It was deleted, or its time is over.";
  if (!hasEnded(batch)) return "It is written when the batch ends.";
  if (batch.status === "failed") return "No line was run.";
  const { completed, total } = batch.counts;
  const isEmpty = kind === "output" ? completed === 0 : completed === total;
  if (isEmpty) return kind === "output" ? "No line was answered." : "No line failed.";
  return "It was deleted, or its time is over.";
}
