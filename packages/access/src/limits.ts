/** The limits that a key's requests are held against: its own and its account's. */
import type { Account, ApiKey } from "@tera/database";

export interface Limit {
  readonly of: "key" | "account";
  readonly kind: "requests" | "tokens" | "concurrency";
  /** Per minute; of concurrency: open at once. */
  readonly max: number;
}

export type LimitColumns = Pick<Account & ApiKey, "requestsPerMinuteMax" | "tokensPerMinuteMax" | "concurrencyMax">;

/** All that there are; empty for a key without limits. */
export function limitsOf(key: LimitColumns, account: LimitColumns): Limit[] {
  return [...ownLimits("key", key), ...ownLimits("account", account)];
}

function ownLimits(of: Limit["of"], columns: LimitColumns): Limit[] {
  const all = [
    { of, kind: "requests", max: columns.requestsPerMinuteMax },
    { of, kind: "tokens", max: columns.tokensPerMinuteMax },
    { of, kind: "concurrency", max: columns.concurrencyMax },
  ] as const;
  return all.flatMap(({ max, ...limit }) => (max === null ? [] : [{ ...limit, max }]));
}
