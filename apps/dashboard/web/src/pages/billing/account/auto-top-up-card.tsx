/** Automatic top-ups of an account: how they are set, how they are doing, and setting them. */
import { Alert, Badge, Button, Card, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { AutoTopUp } from "@tera/admin-api/billing";
import { useState } from "react";
import { autoTopUpQuery, useClearAutoTopUp } from "../../../api/billing.ts";
import { confirm } from "../../../dialog/confirm.tsx";
import { Moment } from "../../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../../format/tell.ts";
import { Usd } from "../../../format/usd.tsx";
import { AutoTopUpForm } from "./auto-top-up-form.tsx";

export interface AutoTopUpCardProps {
  accountId: string;
  hasStripe: boolean;
  mayPay: boolean;
}

const colors = { off: "gray", on: "tera", retrying: "orange", paused: "red" } as const;

export function AutoTopUpCard({ accountId, hasStripe, mayPay }: AutoTopUpCardProps) {
  const { data } = useQuery(autoTopUpQuery(accountId));
  const clearing = useClearAutoTopUp(accountId);
  const [isChanging, setChanging] = useState(false);
  // Without Stripe there is nothing to set, and what was set is shown.
  if (data === undefined || (!hasStripe && data.setting === null)) return null;

  function askToClear() {
    confirm({
      title: "Switch automatic top-ups off?",
      children: <Text size="sm">The account then stops at zero, until credit is added by hand.</Text>,
      labels: { confirm: "Switch off", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () =>
        clearing.mutate(undefined, {
          onSuccess: () => tellSuccess("Automatic top-ups are off."),
          onError: tellFailure,
        }),
    });
  }

  return (
    <Card withBorder padding="md" component="section" aria-label="Automatic top-up">
      <Group justify="space-between" align="flex-start">
        <Stack gap={4}>
          <Group gap="xs">
            <Text fw={600}>Automatic top-up</Text>
            <Badge variant="light" color={colors[data.state]}>
              {data.state}
            </Badge>
          </Group>
          <Rule topUp={data} />
        </Stack>
        {mayPay && (
          <Group gap="xs">
            {hasStripe && (
              <Button size="xs" variant="default" onClick={() => setChanging(true)}>
                {data.setting === null ? "Set up" : "Change"}
              </Button>
            )}
            {data.setting !== null && (
              <Button size="xs" variant="light" color="red" onClick={askToClear} loading={clearing.isPending}>
                Switch off
              </Button>
            )}
          </Group>
        )}
      </Group>
      {(data.state === "paused" || data.state === "retrying") && (
        <Alert mt="sm" py="xs" variant="light" color={colors[data.state]} title={data.reason ?? "The card was refused"}>
          {data.state === "paused" ? (
            "Nothing is charged until it is set anew."
          ) : (
            <>
              It is tried again after <Moment at={data.retryAt} never="the next request" />.
            </>
          )}
        </Alert>
      )}
      {data.setting !== null && !data.methodSaved && (
        <Alert mt="sm" py="xs" variant="light" color="orange">
          No card is saved yet: add credit by card once, and keep the card.
        </Alert>
      )}
      <AutoTopUpForm opened={isChanging} onClose={() => setChanging(false)} accountId={accountId} topUp={data} />
    </Card>
  );
}

function Rule({ topUp: { setting, lastCharge } }: { topUp: AutoTopUp }) {
  if (setting === null) {
    return (
      <Text size="sm" c="dimmed">
        A saved card is charged when the balance falls below a threshold.
      </Text>
    );
  }
  return (
    <>
      <Text size="sm">
        Below <Usd amount={setting.below} />, <Usd amount={setting.amount} /> is charged, at most{" "}
        <Usd amount={setting.dayMax} /> a day (UTC).
      </Text>
      {lastCharge !== null && (
        <Text size="xs" c="dimmed">
          Last charge: <Usd amount={lastCharge.amount} />, {lastCharge.state}, <Moment at={lastCharge.at} />
        </Text>
      )}
    </>
  );
}
