/** Every table, one file each. `pnpm --filter @tera/database generate` turns a change here into a migration. */
export { type Account, type AccountKind, account, accountKinds } from "./account.ts";
export { type ApiKey, apiKey } from "./api-key.ts";
export { type CreditLease, creditLease } from "./credit-lease.ts";
export {
  type LedgerBook,
  type LedgerEntry,
  type LedgerKind,
  type LedgerTransaction,
  ledgerBooks,
  ledgerEntry,
  ledgerKinds,
  ledgerTransaction,
} from "./ledger.ts";
export { type Model, model } from "./model.ts";
export { type Price, price } from "./price.ts";
export { type Purse, type PurseKind, purse, purseKinds } from "./purse.ts";
export { type NewUsageEvent, type UsageEvent, usageEvent } from "./usage-event.ts";
export { type UsageHour, usageHour } from "./usage-hour.ts";
