/** What can be done with one runner: each action is asked for first where it takes something away. */
import { ActionIcon, List, Menu, Stack, Text } from "@mantine/core";
import {
  IconDotsVertical,
  IconFileText,
  IconPlayerPause,
  IconPlayerPlay,
  IconPower,
  IconRefresh,
  IconUpload,
} from "@tabler/icons-react";
import type { RunnerAction } from "@tera/admin-api/runners";
import type { LiveRunner, LiveWorker } from "@tera/admin-api/workers";
import type { ReactNode } from "react";
import { useRunnerAction } from "../../api/runners.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { servedByNobodyElse } from "../../live/runner-words.ts";

export interface RunnerMenuProps {
  workerId: string;
  runner: LiveRunner;
  /** All of them. */
  workers: readonly LiveWorker[];
  onShowLog(): void;
}

const items: Record<RunnerAction, { title: string; icon: ReactNode; done: string }> = {
  drain: { title: "Drain", icon: <IconPlayerPause size={16} />, done: "finishes what it has and takes nothing new" },
  resume: { title: "Resume", icon: <IconPlayerPlay size={16} />, done: "takes requests again" },
  restart: { title: "Restart", icon: <IconRefresh size={16} />, done: "is being restarted" },
  unload: { title: "Unload", icon: <IconPower size={16} />, done: "is being unloaded" },
  load: { title: "Load", icon: <IconUpload size={16} />, done: "is being loaded" },
};

export function RunnerMenu({ workerId, runner, workers, onShowLog }: RunnerMenuProps) {
  const { id, kind, actions } = runner;
  const acting = useRunnerAction({ workerId, runnerId: id });
  const act = (action: RunnerAction) =>
    acting.mutate(action, {
      onSuccess: () => tellSuccess(`${id} ${items[action].done}.`),
      onError: tellFailure,
    });

  function ask(action: RunnerAction) {
    if (action === "resume" || action === "load") return act(action);
    const isCut = action !== "drain" && runner.busy > 0;
    confirm({
      title: `${items[action].title} ${id}?`,
      children: <Consequences action={action} runner={runner} workers={workers} />,
      labels: { confirm: isCut ? `${items[action].title} anyway` : items[action].title, cancel: "Cancel" },
      confirmProps: isCut ? { color: "red" } : {},
      onConfirm: () => act(action),
    });
  }

  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`What to do with ${id}`} loading={acting.isPending}>
          <IconDotsVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item key={action} leftSection={items[action].icon} onClick={() => ask(action)}>
            {items[action].title}
          </Menu.Item>
        ))}
        {kind !== "http" && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<IconFileText size={16} />} onClick={onShowLog}>
              Last log lines
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Consequences({
  action,
  runner,
  workers,
}: {
  action: RunnerAction;
  runner: LiveRunner;
  workers: readonly LiveWorker[];
}) {
  const alone = runner.state === "ready" || runner.state === "trial" ? servedByNobodyElse(runner, workers) : [];
  return (
    <Stack gap="sm">
      <Text size="sm">{about(action, runner)}</Text>
      {action !== "drain" && runner.busy > 0 && (
        <Text size="sm" c="red" fw={600}>
          {runner.busy === 1
            ? "1 request runs on it now and fails."
            : `${runner.busy} requests run on it now and fail.`}{" "}
          Drain it first, and they end well.
        </Text>
      )}
      {alone.length > 0 && (
        <div>
          <Text size="sm">No other runner takes requests for:</Text>
          <List size="sm" className="mono">
            {alone.slice(0, 5).map((model) => (
              <List.Item key={model}>{model}</List.Item>
            ))}
          </List>
          {alone.length > 5 && <Text size="sm">and {alone.length - 5} more.</Text>}
        </div>
      )}
    </Stack>
  );
}

function about(action: RunnerAction, { kind }: LiveRunner): string {
  switch (action) {
    case "drain":
      return "It finishes what it runs and takes nothing new, until it is resumed.";
    case "restart":
      return kind === "http"
        ? "It lets go of its engine and attaches it anew. The engine itself runs on."
        : "Its engine is stopped and started. It takes requests when the model is loaded.";
    case "unload":
      return "Its engine is stopped and gives its GPU memory back. It stays so until it is loaded.";
    case "resume":
    case "load":
      return "";
  }
}
