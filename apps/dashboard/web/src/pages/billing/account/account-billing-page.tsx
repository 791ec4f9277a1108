/** One account's billing, as a page of its own. */
import { Anchor, Badge, Group } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { accountMoneyQuery } from "../../../api/billing.ts";
import { Page } from "../../../shell/page.tsx";
import { AccountBilling } from "./account-billing.tsx";

const route = getRouteApi("/inside/billing/accounts/$accountId");

export function AccountBillingPage() {
  const { accountId } = route.useParams();
  const { data: account } = useSuspenseQuery(accountMoneyQuery(accountId));
  return (
    <Page
      title={account.name}
      about={
        <Group gap="xs" component="span">
          <Badge variant="light" color={account.kind === "prepaid" ? "tera" : "blue"}>
            {account.kind}
          </Badge>
          <span className="mono">{account.accountId}</span>
          <Anchor size="sm" component={Link} to={`/accounts/${accountId}`}>
            Account
          </Anchor>
        </Group>
      }
    >
      <AccountBilling accountId={accountId} />
    </Page>
  );
}
