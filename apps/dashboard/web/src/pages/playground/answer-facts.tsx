/** What an answer cost and took, as it was booked. */
import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { playgroundCostQuery } from "../../api/playground.ts";
import { Usd } from "../../format/usd.tsx";

/** Shorter generations tell nothing of how fast the engine is. */
const rateFromMs = 200;

export function AnswerFacts({ accountId, requestId }: { accountId: string; requestId: string }) {
  const cost = useQuery(playgroundCostQuery(accountId, requestId));
  if (cost.isPending)
    return (
      <Text size="xs" c="dimmed">
        counting…
      </Text>
    );
  if (cost.isError) {
    return (
      <Text size="xs" c="dimmed" className="mono">
        {requestId}
      </Text>
    );
  }
  const { charge, promptTokens, completionTokens, reasoningTokens, speechCharacters, ttftMs, totalMs } = cost.data;
  const generatingMs = totalMs - (ttftMs ?? totalMs);
  const facts = [
    speechCharacters > 0 ? `${speechCharacters} characters` : `${promptTokens} + ${completionTokens} tokens`,
    ...(reasoningTokens > 0 ? [`${reasoningTokens} reasoning`] : []),
    ...(ttftMs === null ? [] : [`first token ${seconds(ttftMs)}`]),
    `total ${seconds(totalMs)}`,
    ...(completionTokens > 1 && generatingMs >= rateFromMs
      ? [`${Math.round((completionTokens / generatingMs) * 1_000)} tokens/s`]
      : []),
  ];
  return (
    <Group gap={6} data-testid="facts">
      <Text size="xs" c="dimmed">
        <Usd amount={charge} /> · {facts.join(" · ")}
      </Text>
    </Group>
  );
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
