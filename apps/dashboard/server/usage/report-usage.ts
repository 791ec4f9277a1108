/** A report of usage: the rows of its table, what they add up to, and the series of its chart. All out of the roll-ups, whatever the number of requests. */
import type { Usage, UsageDimension, UsageQuery, UsageRow, UsageSeries } from "@tera/admin-api/usage";
import type { Db } from "@tera/database";
import {
  createUsageReports,
  type KeyName,
  readAccountNames,
  readKeyNames,
  readUsageSeries,
  type UsageFilter,
  type UsagePoint,
} from "@tera/metering";
import type { LargestGroups } from "./largest-groups.ts";
import type { UsagePeriod } from "./read-period.ts";
import { addUp, byCost, subtract, toSums } from "./usage-counts.ts";

/** More than hours of a longest period. */
const momentsMax = 1_000;
const groupsMax = 100;
/** As many as can be told apart by their colours. */
const seriesMax = 7;

export interface GroupName extends Pick<UsageRow, "id" | "name" | "lastFour" | "accountName"> {
  /** Of a key that is known. */
  accountId: string | null;
}

const unnamed: GroupName = { id: "", name: null, lastFour: null, accountId: null, accountName: null };

type Report = Pick<Usage, "rows" | "total" | "series">;
type GroupDimension = Exclude<UsageDimension, "time">;

export async function reportUsage(
  db: Db,
  largest: LargestGroups,
  filter: UsageFilter,
  period: UsagePeriod,
  { by, interval }: Pick<UsageQuery, "by" | "interval">,
): Promise<Usage> {
  const head = { from: period.from.toISOString(), to: period.to.toISOString(), interval, by };
  const report =
    by === "time" ? reportOverTime(db, filter, interval) : reportByGroup(db, largest, filter, interval, by);
  return { ...head, ...(await report) };
}

async function reportOverTime(db: Db, filter: UsageFilter, interval: UsageQuery["interval"]): Promise<Report> {
  const reports = createUsageReports({ db });
  const [sums, total] = await Promise.all([reports.summarize(filter, interval, momentsMax), reports.total(filter)]);
  const rows = sums.map((sum) => ({ ...unnamed, id: toMoment(sum.group), ...toSums(sum) }));
  const points = sums.toReversed().map((sum) => ({ at: toMoment(sum.group), ...toSums(sum) }));
  return { rows, total: toSums(total), series: [{ ...unnamed, points }] };
}

/** The series add up to the total, and to the sums of the groups that have one: what they say is read once. */
async function reportByGroup(
  db: Db,
  largest: LargestGroups,
  filter: UsageFilter,
  interval: UsageQuery["interval"],
  by: GroupDimension,
): Promise<Report> {
  const known = await largest.find(filter, by, groupsMax);
  const named = known.slice(0, seriesMax).map(({ group }) => group);
  const pointsOf = Map.groupBy(await readUsageSeries(db, filter, interval, by, named), ({ group }) => group);
  const larger = named.flatMap((group) => {
    const points = pointsOf.get(group);
    return points === undefined ? [] : { group, ...addUp(points) };
  });
  const sums = [...larger, ...known.slice(seriesMax)].sort(byCost);
  const total = addUp([...pointsOf.values()].flat());
  const nameOf = await readNames(
    db,
    by,
    sums.map(({ group }) => group),
  );
  const rows: UsageRow[] = sums.map((sum) => ({ ...nameOf(sum.group), ...toSums(sum) }));
  if (known.length === groupsMax) {
    const others = subtract(total, sums);
    if (others.requests > 0) rows.push({ ...nameOf(""), ...toSums(others) });
  }
  const series = [...sums.map(({ group }) => group), ""].flatMap((group) => {
    const points = pointsOf.get(group);
    return points === undefined ? [] : { ...nameOf(group), points: points.map(toPoint) };
  });
  return { rows, total: toSums(total), series };
}

/** How groups are called, and whose they are. */
export async function readNames(
  db: Db,
  by: GroupDimension,
  ids: readonly string[],
): Promise<(id: string) => GroupName> {
  if (by === "model") return (id) => ({ ...unnamed, id });
  const keys = by === "key" ? await readKeyNames(db, ids) : new Map<string, KeyName>();
  const accountIds = by === "account" ? ids : [...keys.values()].map(({ accountId }) => accountId);
  const accounts = await readAccountNames(db, accountIds);
  return (id) => {
    const key = keys.get(id);
    if (key === undefined) return { ...unnamed, id, name: accounts.get(id) ?? null };
    const { name, lastFour, accountId } = key;
    return { id, name, lastFour, accountId, accountName: accounts.get(accountId) ?? null };
  };
}

function toPoint({ at, group: _group, ...counts }: UsagePoint): UsageSeries["points"][number] {
  return { at: toMoment(at), ...toSums(counts) };
}

/** `2026-11-23`, `2026-11-23T12:00Z` */
function toMoment(group: string): string {
  return new Date(group).toISOString();
}
