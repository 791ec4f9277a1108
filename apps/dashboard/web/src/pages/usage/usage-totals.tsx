/** What a report adds up to. */
import { Card, SimpleGrid, Text } from "@mantine/core";
import type { UsageSums } from "@tera/admin-api/usage";
import type { ReactNode } from "react";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";

export function UsageTotals({ total }: { total: UsageSums }) {
  const { requests, failedRequests, promptTokens, cachedTokens, completionTokens, reasoningTokens, speechCharacters } =
    total;
  return (
    <SimpleGrid cols={{ base: 2, md: speechCharacters > 0 ? 5 : 4 }} spacing="sm">
      <Total label="Cost">
        <Usd amount={total.cost} />
      </Total>
      <Total label="Requests" about={`${formatCount(failedRequests)} failed`}>
        {formatCount(requests)}
      </Total>
      <Total label="Input tokens" about={`${formatCount(cachedTokens)} cached`}>
        {formatCount(promptTokens)}
      </Total>
      <Total label="Output tokens" about={`${formatCount(reasoningTokens)} reasoning`}>
        {formatCount(completionTokens)}
      </Total>
      {speechCharacters > 0 && <Total label="Speech characters">{formatCount(speechCharacters)}</Total>}
    </SimpleGrid>
  );
}

function Total({ label, about, children }: { label: string; about?: string; children: ReactNode }) {
  return (
    <Card withBorder padding="md">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" fw={650} size="lg" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
      {about !== undefined && (
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      )}
    </Card>
  );
}
