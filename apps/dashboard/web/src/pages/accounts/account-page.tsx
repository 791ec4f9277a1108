/** One account: what it is called, whether it is open, and all about it in tabs. */
import { Badge, Button, Skeleton, Tabs, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { accountQuery, useSwitchAccount } from "../../api/accounts.ts";
import { useMay, useSession } from "../../api/session.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Page } from "../../shell/page.tsx";
import { AccountForm } from "./account-form.tsx";
import { accountTabs } from "./account-tabs.ts";

const route = getRouteApi("/inside/accounts/$accountId");

export function AccountPage() {
  const { accountId } = route.useParams();
  const { data: account } = useSuspenseQuery(accountQuery(accountId));
  const mayWrite = useMay("accounts:write");
  const { permissions } = useSession();
  const { tab: wanted } = route.useSearch();
  const navigate = useNavigate({ from: "/accounts/$accountId" });
  const tabs = accountTabs.filter(({ permission }) => permissions.includes(permission));
  const current = tabs.find(({ value }) => value === wanted) ?? tabs[0];
  const switching = useSwitchAccount(accountId);
  const [isChanging, setChanging] = useState(false);
  const isDisabled = account.disabledAt !== null;

  function askToSwitch() {
    const action = isDisabled ? "enable" : "disable";
    confirm({
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
      about={
        <>
          <span className="mono">{account.id}</span>{" "}
          {isDisabled && (
            <Badge color="red" size="sm">
              disabled
            </Badge>
          )}
        </>
      }
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
      <Tabs
        keepMounted={false}
        value={current?.value ?? null}
        // Filters of one tab are not those of another.
        onChange={(tab) => navigate({ search: { tab: tab === "overview" ? undefined : (tab ?? undefined) } })}
      >
        <Tabs.List mb="md">
          {tabs.map(({ value, title }) => (
            <Tabs.Tab key={value} value={value}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, component: Tab }) => (
          <Tabs.Panel key={value} value={value}>
            <Suspense fallback={<Skeleton h={240} />}>
              <Tab account={account} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
      <AccountForm opened={isChanging} onClose={() => setChanging(false)} account={account} />
    </Page>
  );
}
