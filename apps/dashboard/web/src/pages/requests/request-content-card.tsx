/** What was asked and answered, where its key has it kept. Always as text, whatever is in it. */
import { Alert, Loader, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { RequestContent } from "@tera/admin-api/requests";
import { requestContentQuery } from "../../api/requests.ts";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";

export function RequestContentCard({ requestId }: { requestId: string }) {
  const content = useQuery(requestContentQuery(requestId));
  if (content.isError) return <Alert color="red" title={content.error.message} />;
  if (content.data === undefined) return <Loader size="sm" />;
  const { prompt, answer, expiresAt } = content.data;
  return (
    <Stack gap="sm">
      <Missing count={prompt.missingParts} what="older messages were" />
      {prompt.parts.map(({ role, text, cut }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no id, and what was kept never changes.
        <Part key={index} title={role} text={text} cut={cut} />
      ))}
      {answer.parts.map((part) => (
        <Answer key={part.index} part={part} isOnly={answer.parts.length === 1} />
      ))}
      <Missing count={answer.missingParts} what="further answers were" />
      <Text size="xs" c="dimmed">
        Kept because content logging of the key is on, until <Moment at={expiresAt} />.
      </Text>
    </Stack>
  );
}

interface AnswerProps {
  part: RequestContent["answer"]["parts"][number];
  isOnly: boolean;
}

function Answer({ part: { index, reasoning, text, toolCalls = [], cut }, isOnly }: AnswerProps) {
  const title = isOnly ? "answer" : `answer ${index + 1}`;
  const calls = toolCalls.map((call) => `${call.name}(${call.arguments})`);
  return (
    <>
      {reasoning !== undefined && <Part title={`${title}, reasoning`} text={reasoning} />}
      <Part title={title} text={[...(text === undefined ? [] : [text]), ...calls].join("\n")} cut={cut} />
    </>
  );
}

function Part({ title, text, cut }: { title: string; text: string; cut?: number | undefined }) {
  return (
    <Paper withBorder p="sm" radius="md">
      <Text size="xs" c="dimmed" fw={600} mb={4}>
        {title}
      </Text>
      <Text component="pre" size="sm" m={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Text>
      {cut !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          {formatCount(cut)} more characters were not kept.
        </Text>
      )}
    </Paper>
  );
}

function Missing({ count, what }: { count: number; what: string }) {
  if (count === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      {formatCount(count)} {what} not kept.
    </Text>
  );
}
