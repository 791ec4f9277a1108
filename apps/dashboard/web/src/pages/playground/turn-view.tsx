/** One question and its answer: reasoning apart, tool calls, what it cost. All as text, whatever the model says. */
import { Alert, Badge, Box, Code, Collapse, Group, Loader, Paper, Stack, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBrain, IconChevronDown, IconChevronRight, IconTool } from "@tabler/icons-react";
import { AnswerFacts } from "./answer-facts.tsx";
import type { Turn } from "./use-chat.ts";

const preserved = { whiteSpace: "pre-wrap", overflowWrap: "anywhere" } as const;

export function TurnView({ turn, accountId }: { turn: Turn; accountId: string }) {
  const isEmpty = turn.content === "" && turn.reasoning === "" && turn.toolCalls.length === 0;
  return (
    <Stack gap="xs">
      <Paper bg="var(--mantine-primary-color-light)" p="sm" radius="lg" maw="85%" ml="auto">
        <Text size="sm" style={preserved}>
          {turn.question}
        </Text>
      </Paper>
      {turn.reasoning !== "" && (
        <Reasoning text={turn.reasoning} isRunning={turn.state === "running" && turn.content === ""} />
      )}
      {turn.content !== "" && (
        <Text size="sm" style={preserved} data-testid="answer">
          {turn.content}
        </Text>
      )}
      {turn.toolCalls.map((call) => (
        <Paper key={call.index} withBorder p="sm">
          <Group gap={6} mb={4}>
            <IconTool size={15} />
            <Text size="sm" fw={600}>
              {call.name}
            </Text>
          </Group>
          <Code block>{call.arguments}</Code>
        </Paper>
      ))}
      {turn.state === "running" && isEmpty && <Loader type="dots" size="sm" aria-label="The model answers" />}
      {turn.failure !== null && (
        <Alert color="red" variant="light" role="alert">
          {turn.failure}
        </Alert>
      )}
      <Group gap="xs">
        {turn.state === "stopped" && (
          <Badge size="sm" color="gray" variant="light">
            stopped
          </Badge>
        )}
        {turn.finishReason !== null && turn.finishReason !== "stop" && (
          <Badge size="sm" variant="light">
            {turn.finishReason}
          </Badge>
        )}
        {turn.state !== "running" && turn.requestId !== "" && (
          <AnswerFacts accountId={accountId} requestId={turn.requestId} />
        )}
      </Group>
    </Stack>
  );
}

function Reasoning({ text, isRunning }: { text: string; isRunning: boolean }) {
  const [isOpen, { toggle }] = useDisclosure(true);
  return (
    <Box>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen}>
        <Group gap={6}>
          <IconBrain size={15} />
          <Text size="xs" fw={600} c="dimmed">
            {isRunning ? "Reasoning…" : "Reasoning"}
          </Text>
          {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <Text
          size="xs"
          c="dimmed"
          style={preserved}
          pl="sm"
          mt={4}
          bd="0 solid var(--mantine-color-default-border)"
          data-testid="reasoning"
        >
          {text}
        </Text>
      </Collapse>
    </Box>
  );
}
