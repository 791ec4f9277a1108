/** A budget and what is spent of it, as a bar and exactly. */
import { Group, Progress, Stack, Text } from "@mantine/core";
import { Usd } from "../../format/usd.tsx";
import type { Budget } from "./budgets.ts";

export function BudgetBar({ budget: { amount, spent, percent, words } }: { budget: Budget }) {
  return (
    <Stack gap={4} miw={150}>
      <Group gap="0 6px" justify="space-between">
        <Text size="xs" component="div" style={{ whiteSpace: "nowrap" }}>
          <Usd amount={spent} />{" "}
          <Text span inherit c="dimmed">
            of <Usd amount={amount} />
          </Text>
        </Text>
        <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {words}
        </Text>
      </Group>
      <Progress.Root size="sm">
        <Progress.Section
          value={percent}
          color={percent >= 100 ? "red" : percent >= 80 ? "orange" : "tera"}
          aria-label={`Spent of the budget ${words}`}
        />
      </Progress.Root>
    </Stack>
  );
}
