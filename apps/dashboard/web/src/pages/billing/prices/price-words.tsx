/** Prices in words and figures. */
import { Badge, Group, Text } from "@mantine/core";
import type { Price, PriceStatus } from "@tera/admin-api/prices";
import { Usd } from "../../../format/usd.tsx";

export const statusColors: Readonly<Record<PriceStatus, string>> = {
  "in force": "tera",
  ahead: "blue",
  replaced: "gray",
  corrected: "orange",
};

export function FreeBadge() {
  return (
    <Badge variant="light" color="tera">
      free
    </Badge>
  );
}

export function Rate({ amount, unit }: { amount: string; unit: string }) {
  return (
    <Text size="sm" style={{ whiteSpace: "nowrap" }}>
      <Usd amount={amount} />{" "}
      <Text span size="xs" c="dimmed">
        {unit}
      </Text>
    </Text>
  );
}

/** All that a price names; what is 0 is left out. */
export function Rates({ price }: { price: Price }) {
  if (price.free) return <FreeBadge />;
  const { input, output, cacheRead, perMillionCharacters, request, batchDiscountPercent } = price;
  const hasTokens = input !== "0" || output !== "0";
  const parts = [
    hasTokens && { amount: input, unit: "/ M input tokens" },
    hasTokens && { amount: output, unit: "/ M output tokens" },
    cacheRead !== input && { amount: cacheRead, unit: "/ M cached" },
    perMillionCharacters !== "0" && { amount: perMillionCharacters, unit: "/ M characters" },
    request !== "0" && { amount: request, unit: "/ request" },
  ].filter((part) => part !== false);
  return (
    <Group gap="4px 16px">
      {parts.map(({ amount, unit }) => (
        <Rate key={unit} amount={amount} unit={unit} />
      ))}
      {batchDiscountPercent !== "0" && (
        <Text size="xs" c="dimmed">
          {batchDiscountPercent} % off in batches
        </Text>
      )}
    </Group>
  );
}
