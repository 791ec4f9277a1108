/** What was used, by whom: usage records on their way into the ledger. */
export {
  createUsageSettler,
  type SettlerCounts,
  type SettlerLog,
  type UsageSettler,
  type UsageSettlerOptions,
} from "./usage-settler.ts";
