/** What can be done with a batch that has not ended: paused, resumed, cancelled; the last one is asked for first. */
import { Button, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import type { BatchDetails } from "@tera/admin-api/batches";
import { type BatchAction, useBatchAction } from "../../api/batches.ts";
import { useSession } from "../../api/session.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";

const done: Record<BatchAction, string> = {
  cancel: "The batch is being cancelled.",
  pause: "The batch is paused.",
  resume: "The batch goes on.",
};

export function BatchActions({ batch: { id, status, pause } }: { batch: BatchDetails }) {
  const { accounts } = useSession();
  const acting = useBatchAction(id);
  if (status !== "validating" && status !== "in_progress") return null;
  const act = (action: BatchAction) =>
    acting.mutate(action, { onSuccess: () => tellSuccess(done[action]), onError: tellFailure });
  const isOperators = accounts === null;
  // What the operator has paused, only they resume.
  const mayResume = pause !== null && (pause.by !== "operator" || isOperators);
  // One without credit goes on by itself, unless somebody pauses it.
  const mayPause = pause === null || pause.by === "credit" || (pause.by === "customer" && isOperators);

  function ask(action: "pause" | "cancel") {
    const isCancel = action === "cancel";
    confirm({
      title: isCancel ? "Cancel this batch?" : "Pause this batch?",
      children: (
        <Text size="sm">
          {isCancel
            ? "Nothing more of it is begun, and it cannot be begun again. What is done stays, and is paid for."
            : "What runs goes on, and nothing more is begun until it is resumed. Its 24 hours go on meanwhile."}
        </Text>
      ),
      labels: { confirm: isCancel ? "Cancel the batch" : "Pause", cancel: "Back" },
      confirmProps: isCancel ? { color: "red" } : {},
      onConfirm: () => act(action),
    });
  }

  return (
    <>
      {mayResume && (
        <Button leftSection={<IconPlayerPlay size={16} />} loading={acting.isPending} onClick={() => act("resume")}>
          Resume
        </Button>
      )}
      {mayPause && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          disabled={acting.isPending}
          onClick={() => ask("pause")}
        >
          Pause
        </Button>
      )}
      <Button
        variant="light"
        color="red"
        leftSection={<IconX size={16} />}
        disabled={acting.isPending}
        onClick={() => ask("cancel")}
      >
        Cancel
      </Button>
    </>
  );
}
