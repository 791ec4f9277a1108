/** The billing of an account. */
import type { Account } from "@tera/admin-api/accounts";
import { AccountBilling } from "../billing/account/account-billing.tsx";

export function BillingTab({ account }: { account: Account }) {
  return <AccountBilling accountId={account.id} />;
}
