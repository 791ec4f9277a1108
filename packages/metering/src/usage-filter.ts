/** Which requests a report is about. */
import { type UsageEvent, usageEvent } from "@tera/database";
import { and, eq, gte, inArray, isNotNull, lt, type SQL, sql } from "drizzle-orm";

export interface UsageFilter {
  accountId?: string | undefined;
  /** Only of these accounts; undefined: all. */
  among?: readonly string[] | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  /** Requests admitted from here on. */
  from?: Date | undefined;
  /** And before this. */
  to?: Date | undefined;
}

export interface RequestFilter extends UsageFilter {
  status?: UsageEvent["status"] | undefined;
  errorCode?: string | undefined;
  lane?: UsageEvent["lane"] | undefined;
}

/** @returns the condition on usage events; undefined: all of them. */
export function matchEvents(filter: RequestFilter): SQL | undefined {
  const { accountId, among, keyId, model, status, errorCode, lane, from, to } = filter;
  return and(
    status === undefined ? undefined : eq(usageEvent.status, status),
    accountId === undefined ? undefined : eq(usageEvent.accountId, accountId),
    among === undefined ? undefined : inArray(usageEvent.accountId, [...among]),
    errorCode === undefined ? undefined : and(isNotNull(usageEvent.errorCode), eq(usageEvent.errorCode, errorCode)),
    // In full, not as a parameter: the indexes of lines of batches are for this condition.
    lane === undefined ? undefined : lane === "batch" ? sql`${usageEvent.lane} = 'batch'` : eq(usageEvent.lane, lane),
    keyId === undefined ? undefined : eq(usageEvent.keyId, keyId),
    model === undefined ? undefined : eq(usageEvent.model, model),
    from === undefined ? undefined : gte(usageEvent.admittedAt, from),
    to === undefined ? undefined : lt(usageEvent.admittedAt, to),
  );
}
