/** What needs somebody, each with its reason and the way to where it is put right. */
import { Anchor, Badge, Box, Card, Group, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconFlame } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Usd } from "../../format/usd.tsx";
import type { AttentionItem } from "./attention.ts";

export interface AttentionListProps {
  items: readonly AttentionItem[];
  /** Why a part of it is not known. */
  problem: string | undefined;
}

export function AttentionList({ items, problem }: AttentionListProps) {
  return (
    <Card withBorder padding="md" component="section" aria-label="Needs attention">
      <Group gap="xs" mb={items.length === 0 ? 0 : "sm"}>
        {items.length === 0 ? (
          <>
            <IconCircleCheck size={18} color="var(--mantine-color-tera-6)" aria-hidden="true" />
            <Title order={2} size="sm">
              Nothing needs attention
            </Title>
          </>
        ) : (
          <>
            <Title order={2} size="sm">
              Needs attention
            </Title>
            <Badge size="sm" variant="light" color="gray">
              {items.length}
            </Badge>
          </>
        )}
      </Group>
      <Stack gap="sm">
        {items.map((item) => (
          <Item key={`${item.title} ${item.why}`} item={item} />
        ))}
        {problem !== undefined && (
          <Text size="sm" c="dimmed">
            Prices, balances and background work could not be looked at: {problem}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

function Item({ item: { level, title, why, amount, to } }: { item: AttentionItem }) {
  const isCritical = level === "critical";
  const Icon = isCritical ? IconFlame : IconAlertTriangle;
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Box pt={1} c={isCritical ? "red" : "orange"}>
        <Icon size={18} role="img" aria-label={isCritical ? "Critical" : "Warning"} />
      </Box>
      <Box flex={1} miw={0}>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" lineClamp={3} style={{ overflowWrap: "anywhere" }}>
          {amount !== undefined && (
            <>
              <Usd amount={amount} />.{" "}
            </>
          )}
          {why}
        </Text>
      </Box>
      {to !== undefined && (
        <Anchor component={Link} to={to} size="sm" aria-label={`Look: ${title}`}>
          Look
        </Anchor>
      )}
    </Group>
  );
}
