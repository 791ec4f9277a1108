/** The budgets of a key, with what is spent of them. */
import { Card, Stack, Text, Title } from "@mantine/core";
import type { KeyDetails } from "@tera/admin-api/keys";
import { BudgetBar } from "./budget-bar.tsx";
import { budgetsOf } from "./budgets.ts";

export function KeyBudgets({ of: key }: { of: KeyDetails }) {
  const budgets = budgetsOf(key);
  return (
    <Card withBorder padding="md" component="section" aria-label="Budgets">
      <Title order={2} size="h4" mb="sm">
        Budgets
      </Title>
      {budgets.length === 0 ? (
        <Text size="sm" c="dimmed">
          None: it may spend whatever its account has.
        </Text>
      ) : (
        <Stack gap="md">
          {budgets.map((budget) => (
            <BudgetBar key={budget.period} budget={budget} />
          ))}
          <Text size="xs" c="dimmed">
            Days and months are UTC's.{key.rotation.length > 1 && " All keys of its rotation share these budgets."}
          </Text>
        </Stack>
      )}
    </Card>
  );
}
