/** Whether the money adds up: each thing that must hold, and whether it does. */
import { Alert, Badge, Button, Card, Code, Group, Loader, Stack, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconShieldCheck,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { LedgerCheck } from "../../../../api/ledger-check.ts";
import { latestLedgerCheckQuery, useCheckLedger } from "../../api/ledger-check.ts";
import { useMay } from "../../api/session.ts";
import { Moment } from "../../format/moment.tsx";
import { tellFailure } from "../../format/tell.ts";
import { EmptyState } from "../../list/empty-state.tsx";
import { NotLoaded } from "../../list/not-loaded.tsx";
import { BillingFrame } from "./billing-frame.tsx";

type Invariant = NonNullable<LedgerCheck["result"]>["invariants"][number];

const looks = {
  holds: { color: "tera", icon: IconCircleCheck, word: "holds" },
  warning: { color: "orange", icon: IconAlertTriangle, word: "to look at" },
  broken: { color: "red", icon: IconCircleX, word: "broken" },
  skipped: { color: "gray", icon: IconCircleDashed, word: "nothing to compare" },
} as const;

export function LedgerCheckPage() {
  const latest = useQuery(latestLedgerCheckQuery);
  const checking = useCheckLedger();
  const mayCheck = useMay("billing:write");
  const check = latest.data?.check ?? undefined;
  const isBusy = checking.isPending || check?.state === "running";
  const action = mayCheck && (
    <Button
      leftSection={<IconShieldCheck size={16} />}
      loading={isBusy}
      onClick={() => checking.mutate(undefined, { onError: tellFailure })}
    >
      Check now
    </Button>
  );
  return (
    <BillingFrame tab="check" actions={action}>
      {latest.isError && <NotLoaded what="The check" error={latest.error} onRetry={latest.refetch} />}
      {latest.isSuccess && check === undefined && !isBusy && (
        <EmptyState title="Not checked since the dashboard was started" action={action}>
          Everything that the database alone can prove about the money is looked at. It changes nothing, and works
          beside running gateways, which do the same once a day.
        </EmptyState>
      )}
      {isBusy && (
        <Group gap="sm" mb="md">
          <Loader size="sm" />
          <Text size="sm">All usage and every booking are looked at. With much usage this takes minutes.</Text>
        </Group>
      )}
      {check?.state === "failed" && (
        <Alert color="red" variant="light" title="The check did not come to its end">
          {check.error}
        </Alert>
      )}
      {check !== undefined && check.result !== null && (
        <Stack gap="sm">
          <Summary check={check} invariants={check.result.invariants} />
          {check.result.invariants.map((invariant) => (
            <InvariantCard key={invariant.number} invariant={invariant} />
          ))}
        </Stack>
      )}
    </BillingFrame>
  );
}

function Summary({ check, invariants }: { check: LedgerCheck; invariants: readonly Invariant[] }) {
  const broken = invariants.filter(({ status }) => status === "broken").length;
  return (
    <Text size="sm" c={broken > 0 ? "red" : "dimmed"}>
      {broken === 0 ? "The money adds up." : `${broken} of ${invariants.length} are broken.`} Checked{" "}
      <Moment at={check.endedAt} /> for {check.startedBy}.
    </Text>
  );
}

function InvariantCard({ invariant: { number, says, status, findings } }: { invariant: Invariant }) {
  const { color, icon: Icon, word } = looks[status];
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <Icon size={20} color={`var(--mantine-color-${color}-filled)`} style={{ flexShrink: 0 }} aria-hidden />
          <Text size="sm">
            <Text span c="dimmed" inherit>
              {number}.{" "}
            </Text>
            {says.charAt(0).toUpperCase() + says.slice(1)}
          </Text>
        </Group>
        <Badge variant="light" color={color} style={{ flexShrink: 0 }}>
          {word}
        </Badge>
      </Group>
      {findings.map(({ problem, says: found, count, rows, cause }) => (
        <Stack key={problem} gap={4} mt="sm" pl={32}>
          <Text size="sm" fw={600}>
            {count} found: {found}
          </Text>
          <Code block>{[...rows, ...(count > rows.length ? [`and ${count - rows.length} more`] : [])].join("\n")}</Code>
          <Text size="xs" c="dimmed">
            Known cause: {cause}
          </Text>
        </Stack>
      ))}
    </Card>
  );
}
