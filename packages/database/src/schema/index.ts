/** Every table, one file each. `pnpm --filter @tera/database generate` turns a change here into a migration. */
export { type Account, type AccountKind, account, accountKinds } from "./account.ts";
export { type ApiKey, apiKey } from "./api-key.ts";
export { type Model, model } from "./model.ts";
export { type NewUsageEvent, type UsageEvent, usageEvent } from "./usage-event.ts";
