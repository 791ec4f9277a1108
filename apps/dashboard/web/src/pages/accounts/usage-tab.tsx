/** What an account used and spent in the last 30 days. */
import type { Account } from "@tera/admin-api/accounts";
import { DailyUsageCard } from "../../usage/daily-usage-card.tsx";

export function UsageTab({ account }: { account: Account }) {
  return <DailyUsageCard of={{ accountId: account.id }} />;
}
