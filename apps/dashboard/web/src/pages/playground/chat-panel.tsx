/** Chat with one model, or with two side by side: the same question to both. */
import { ActionIcon, Button, Drawer, Group, Paper, ScrollArea, Select, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAdjustments,
  IconArrowUp,
  IconCode,
  IconColumns2,
  IconEraser,
  IconPlayerStopFilled,
  IconX,
} from "@tabler/icons-react";
import { useState } from "react";
import type { PlaygroundModel } from "../../../../api/playground.ts";
import { type ChatSettings, plainSettings, problemOf, toChatRequest } from "./chat-settings.ts";
import { CodeModal } from "./code-modal.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import { TurnView } from "./turn-view.tsx";
import { type Chat, useChat } from "./use-chat.ts";
import { useFollowing } from "./use-following.ts";

export interface ChatPanelProps {
  accountId: string;
  apiUrl: string;
  /** Those that write text. */
  models: readonly PlaygroundModel[];
}

export function ChatPanel({ accountId, apiUrl, models }: ChatPanelProps) {
  const [chosen, setChosen] = useState<string>();
  const [other, setOther] = useState<string>();
  const [settings, setSettings] = useState<ChatSettings>(plainSettings);
  const [question, setQuestion] = useState("");
  const [isTuning, tuning] = useDisclosure();
  const [isCode, code] = useDisclosure();
  const [first, second] = [useChat(), useChat()];
  const model = chosen ?? models[0]?.id ?? "";
  const isRunning = first.isRunning || second.isRunning;
  const isSound = problemOf(settings.tools, "tools") === null && problemOf(settings.schema, "schema") === null;
  const isAskable = question.trim() !== "" && isSound;

  function ask() {
    if (!isAskable || isRunning) return;
    setQuestion("");
    void first.ask(accountId, question, (messages) => toChatRequest(model, settings, messages));
    if (other !== undefined)
      void second.ask(accountId, question, (messages) => toChatRequest(other, settings, messages));
  }
  function clear() {
    first.clear();
    second.clear();
  }

  const panel = (
    <SettingsPanel settings={settings} onChange={(change) => setSettings((before) => ({ ...before, ...change }))} />
  );
  return (
    <Group align="stretch" gap="md" wrap="nowrap">
      <Stack gap="sm" flex={1} miw={0}>
        <Group gap="xs" align="stretch" wrap="wrap">
          <Column chat={first} accountId={accountId} models={models} model={model} onModel={setChosen} />
          {other !== undefined && (
            <Column
              chat={second}
              accountId={accountId}
              models={models}
              model={other}
              onModel={setOther}
              onClose={() => {
                second.clear();
                setOther(undefined);
              }}
            />
          )}
        </Group>
        <Paper withBorder p="xs" radius="lg">
          <Textarea
            variant="unstyled"
            aria-label="Your message"
            placeholder="Ask something. Enter sends, Shift+Enter begins a new line."
            autosize
            minRows={2}
            maxRows={10}
            px="xs"
            value={question}
            onChange={(event) => setQuestion(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              ask();
            }}
          />
          <Group justify="space-between" mt={4}>
            <Group gap={4}>
              <Tool label="Parameters" icon={IconAdjustments} onClick={tuning.open} hiddenFrom="lg" />
              {other === undefined && models.length > 0 && (
                <Tool
                  label="Compare"
                  icon={IconColumns2}
                  onClick={() => setOther((models.find(({ id }) => id !== model) ?? models[0])?.id)}
                />
              )}
              <Tool label="Code" icon={IconCode} onClick={code.open} disabled={!isSound} />
              <Tool label="Clear" icon={IconEraser} onClick={clear} disabled={first.turns.length === 0} />
            </Group>
            {isRunning ? (
              <ActionIcon
                size="lg"
                radius="xl"
                color="red"
                aria-label="Stop"
                onClick={() => {
                  first.stop();
                  second.stop();
                }}
              >
                <IconPlayerStopFilled size={16} />
              </ActionIcon>
            ) : (
              <ActionIcon size="lg" radius="xl" aria-label="Send" disabled={!isAskable} onClick={ask}>
                <IconArrowUp size={18} />
              </ActionIcon>
            )}
          </Group>
        </Paper>
      </Stack>
      <Paper withBorder p="md" w={300} visibleFrom="lg">
        {panel}
      </Paper>
      <Drawer opened={isTuning} onClose={tuning.close} title="Parameters" position="right">
        {panel}
      </Drawer>
      <CodeModal
        opened={isCode}
        onClose={code.close}
        call={{
          apiUrl,
          path: "/chat/completions",
          body: isSound
            ? toChatRequest(model, settings, [{ role: "user", content: question.trim() === "" ? "Hello!" : question }])
            : {},
        }}
      />
    </Group>
  );
}

interface ToolProps {
  label: string;
  icon: typeof IconCode;
  onClick(): void;
  disabled?: boolean;
  hiddenFrom?: "lg";
}

/** Its word is only its icon where there is little room. */
function Tool({ label, icon: Icon, onClick, disabled = false, ...where }: ToolProps) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      px={6}
      aria-label={label}
      onClick={onClick}
      disabled={disabled}
      {...where}
    >
      <Icon size={16} />
      <Text span inherit visibleFrom="sm" ml={6}>
        {label}
      </Text>
    </Button>
  );
}

interface ColumnProps {
  chat: Chat;
  accountId: string;
  models: readonly PlaygroundModel[];
  model: string;
  onModel(model: string): void;
  onClose?: () => void;
}

function Column({ chat, accountId, models, model, onModel, onClose }: ColumnProps) {
  const last = chat.turns.at(-1);
  const follow = useFollowing(last?.id, (last?.content.length ?? 0) + (last?.reasoning.length ?? 0));
  return (
    <Paper withBorder p="sm" radius="lg" miw={280} flex="1 1 0">
      <Group wrap="nowrap" gap="xs" mb="xs">
        <Select
          aria-label="Model"
          flex={1}
          searchable
          allowDeselect={false}
          data={models.map(({ id }) => id)}
          value={model}
          onChange={(id) => id !== null && onModel(id)}
        />
        {onClose !== undefined && (
          <ActionIcon variant="subtle" color="gray" aria-label="Close this column" onClick={onClose}>
            <IconX size={16} />
          </ActionIcon>
        )}
      </Group>
      <ScrollArea h="calc(100vh - 430px)" mih={200} type="auto" {...follow}>
        <Stack gap="lg" p={4} aria-live="polite">
          {chat.turns.length === 0 && (
            <Text c="dimmed" size="sm" ta="center" mt="xl">
              What you ask here goes through the same path as a customer's request: it is limited, metered and charged.
            </Text>
          )}
          {chat.turns.map((turn) => (
            <TurnView key={turn.id} turn={turn} accountId={accountId} />
          ))}
        </Stack>
      </ScrollArea>
    </Paper>
  );
}
