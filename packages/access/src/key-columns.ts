/** The columns of a key: which may be shown, and which are its settings. */
import { type ApiKey, apiKey } from "@tera/database";
import { getTableColumns } from "drizzle-orm";

/** A key without its hash: safe to show. */
export type KeySummary = Omit<ApiKey, "hash">;

const { hash: _secret, ...columns } = getTableColumns(apiKey);
export const summaryColumns = columns;

/** What is chosen for a key; null: no limit. */
export type KeySettings = Pick<
  ApiKey,
  | "name"
  | "expiresAt"
  | "modelScope"
  | "laneClass"
  | "requestsPerMinuteMax"
  | "tokensPerMinuteMax"
  | "concurrencyMax"
  | "allowedAddresses"
  | "contentLogging"
  | "budgetDayNano"
  | "budgetMonthNano"
  | "budgetTotalNano"
>;

/** What is absent stays as it is. */
export type KeyChange = { [Field in keyof KeySettings]?: KeySettings[Field] | undefined };
