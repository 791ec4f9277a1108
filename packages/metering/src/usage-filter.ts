/** Which requests a report is about. */
import { type UsageEvent, usageEvent } from "@tera/database";
import { and, eq, gte, lt, type SQL } from "drizzle-orm";

export interface UsageFilter {
  accountId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  /** Requests admitted from here on. */
  from?: Date | undefined;
  /** And before this. */
  to?: Date | undefined;
}

export interface RequestFilter extends UsageFilter {
  status?: UsageEvent["status"] | undefined;
}

/** @returns the condition on usage events; undefined: all of them. */
export function matchEvents({ accountId, keyId, model, status, from, to }: RequestFilter): SQL | undefined {
  return and(
    status === undefined ? undefined : eq(usageEvent.status, status),
    accountId === undefined ? undefined : eq(usageEvent.accountId, accountId),
    keyId === undefined ? undefined : eq(usageEvent.keyId, keyId),
    model === undefined ? undefined : eq(usageEvent.model, model),
    from === undefined ? undefined : gte(usageEvent.admittedAt, from),
    to === undefined ? undefined : lt(usageEvent.admittedAt, to),
  );
}
