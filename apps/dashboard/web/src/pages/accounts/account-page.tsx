/** One account: its balance, limits and state. */
import { Badge, Button, Card, Group, SimpleGrid, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { accountQuery, useSwitchAccount } from "../../api/accounts.ts";
import { useMay } from "../../api/session.ts";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Usd } from "../../format/usd.tsx";
import { Page } from "../../shell/page.tsx";
import { AccountForm } from "./account-form.tsx";

const route = getRouteApi("/inside/accounts/$accountId");

export function AccountPage() {
  const { accountId } = route.useParams();
  const { data: account } = useSuspenseQuery(accountQuery(accountId));
  const mayWrite = useMay("accounts:write");
  const switching = useSwitchAccount(accountId);
  const [isChanging, setChanging] = useState(false);
  const isDisabled = account.disabledAt !== null;

  function askToSwitch() {
    const action = isDisabled ? "enable" : "disable";
    modals.openConfirmModal({
      title: isDisabled ? `Enable ${account.name}?` : `Disable ${account.name}?`,
      children: (
        <Text size="sm">
          {isDisabled ? "Its keys open the API again." : "None of its keys opens anything until it is enabled again."}
        </Text>
      ),
      labels: { confirm: isDisabled ? "Enable" : "Disable", cancel: "Cancel" },
      confirmProps: isDisabled ? {} : { color: "red" },
      onConfirm: () =>
        switching.mutate(action, {
          onSuccess: ({ name }) => tellSuccess(`${name} is ${action}d.`),
          onError: tellFailure,
        }),
    });
  }

  return (
    <Page
      title={account.name}
      about={<span className="mono">{account.id}</span>}
      actions={
        mayWrite && (
          <>
            <Button variant="default" onClick={() => setChanging(true)}>
              Change
            </Button>
            <Button
              variant="light"
              color={isDisabled ? "tera" : "red"}
              onClick={askToSwitch}
              loading={switching.isPending}
            >
              {isDisabled ? "Enable" : "Disable"}
            </Button>
          </>
        )
      }
    >
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Fact label="Balance">
          <Usd amount={account.balance} />
        </Fact>
        <Fact label="Kind">
          <Group gap="xs">
            {account.kind} {isDisabled && <Badge color="red">disabled</Badge>}
          </Group>
        </Fact>
        <Fact label="Keys">{account.keys}</Fact>
        <Fact label="Created">
          <Moment at={account.createdAt} />
        </Fact>
        <Fact label="Requests per minute">{account.requestsPerMinuteMax ?? "no limit"}</Fact>
        <Fact label="Tokens per minute">{account.tokensPerMinuteMax ?? "no limit"}</Fact>
        <Fact label="Open requests at once">{account.concurrencyMax ?? "no limit"}</Fact>
      </SimpleGrid>
      <AccountForm opened={isChanging} onClose={() => setChanging(false)} account={account} />
    </Page>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Card withBorder padding="md">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" fw={600}>
        {children}
      </Text>
    </Card>
  );
}
