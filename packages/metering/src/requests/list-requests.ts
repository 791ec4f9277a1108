/** The last requests of a filter, those that were refused among the others: two tables and, for a customer with several accounts, several indexes, merged by time. */
import type { Db, RefusedRequest } from "@tera/database";
import { createRefusalStore } from "../refusals/refusal-store.ts";
import { compareNewest, type RequestPosition } from "../request-position.ts";
import type { RequestFilter } from "../usage-filter.ts";
import { createUsageReports, type ReportedUsage } from "../usage-report.ts";

export interface AnyRequestFilter extends Omit<RequestFilter, "status"> {
  /** used: any that was admitted. */
  status?: ReportedUsage["status"] | "refused" | "used" | undefined;
}

export type ListedRequest = RequestPosition &
  ({ kind: "used"; usage: ReportedUsage } | { kind: "refused"; refused: RefusedRequest });

/** The latest first. On a lane are only those that were admitted. @param after the last one of the page before */
export async function listRequests(
  db: Db,
  { status, among, ...filter }: AnyRequestFilter,
  limit: number,
  after?: RequestPosition,
): Promise<ListedRequest[]> {
  const reports = createUsageReports({ db });
  const refusals = createRefusalStore({ db });
  // Each account's last ones are at the end of an index; those of several together are not.
  const asked: RequestFilter[] =
    among === undefined || filter.accountId !== undefined
      ? [{ ...filter, among }]
      : among.map((accountId) => ({ ...filter, accountId }));
  const used = async (one: RequestFilter): Promise<ListedRequest[]> =>
    status === "refused"
      ? []
      : (await reports.lastRequests({ ...one, status: status === "used" ? undefined : status }, limit, after)).map(
          toUsed,
        );
  const refused = async (one: RequestFilter): Promise<ListedRequest[]> =>
    filter.lane === undefined && (status === undefined || status === "refused")
      ? (await refusals.list(one, limit, after)).map(toRefused)
      : [];
  const found = await Promise.all(asked.flatMap((one) => [used(one), refused(one)]));
  return found.flat().toSorted(compareNewest).slice(0, limit);
}

/** By its id alone: whose it is must be looked at by whoever shows it. Undefined: nothing is kept of it. */
export async function findListedRequest(db: Db, requestId: string): Promise<ListedRequest | undefined> {
  const usage = await createUsageReports({ db }).findRequest(requestId);
  if (usage !== undefined) return toUsed(usage);
  const refused = await createRefusalStore({ db }).find(requestId);
  return refused === undefined ? undefined : toRefused(refused);
}

function toUsed(usage: ReportedUsage): ListedRequest {
  return { kind: "used", usage, at: usage.admittedAt, requestId: usage.requestId };
}

function toRefused(refused: RefusedRequest): ListedRequest {
  return { kind: "refused", refused, at: refused.refusedAt, requestId: refused.requestId };
}
