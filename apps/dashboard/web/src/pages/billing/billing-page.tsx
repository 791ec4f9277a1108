/** Billing: to the operator, and to customers with several accounts, accounts by balance; to a customer with one, that account's. */
import { useSession } from "../../api/session.ts";
import { Page } from "../../shell/page.tsx";
import { AccountBilling } from "./account/account-billing.tsx";
import { BillingFrame } from "./billing-frame.tsx";
import { MoneyTable } from "./money-table.tsx";
import { SummaryTiles } from "./summary-tiles.tsx";

export function BillingPage() {
  const { accounts } = useSession();
  const [own, ...more] = accounts ?? [];
  if (own !== undefined && more.length === 0) {
    return (
      <Page title="Billing" about={own.name}>
        <AccountBilling accountId={own.id} />
      </Page>
    );
  }
  return (
    <BillingFrame tab="accounts">
      {accounts === null && <SummaryTiles />}
      <MoneyTable />
    </BillingFrame>
  );
}
