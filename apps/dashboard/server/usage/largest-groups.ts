/**
 * Which keys or accounts a report tells apart, remembered for a minute: to find them, all are added up, which is most of the work of such a report. What they used is read anew each time; what belongs
 * to none of them is told together.
 */
import type { Db } from "@tera/database";
import { createUsageReports, type UsageFilter } from "@tera/metering";

const freshMs = 60_000;
const hourMs = 3_600_000;
const rememberedMax = 500;

export interface LargestGroups {
  /** @returns undefined: there are no more than `limit`, and all can be told apart. */
  find(filter: UsageFilter, by: "key" | "account", limit: number): Promise<readonly string[] | undefined>;
}

interface Remembered {
  readonly groups: Promise<readonly string[]>;
  readonly untilMs: number;
}

/** A period that ends now is another one at each question. */
function hourOf(moment: Date | undefined): number | undefined {
  return moment === undefined ? undefined : Math.floor(moment.getTime() / hourMs);
}

export function createLargestGroups({ db }: { db: Db }): LargestGroups {
  const reports = createUsageReports({ db });
  const remembered = new Map<string, Remembered>();

  function dropOld(nowMs: number): void {
    for (const [question, { untilMs }] of remembered) {
      if (untilMs > nowMs && remembered.size <= rememberedMax) break;
      remembered.delete(question);
    }
  }

  return {
    async find(filter, by, limit) {
      const nowMs = Date.now();
      const question = JSON.stringify([by, limit, { ...filter, from: hourOf(filter.from), to: hourOf(filter.to) }]);
      dropOld(nowMs);
      let known = remembered.get(question);
      if (known === undefined) {
        known = { groups: reports.findLargest(filter, by, limit), untilMs: nowMs + freshMs };
        remembered.set(question, known);
        known.groups.catch(() => remembered.delete(question));
      }
      const groups = await known.groups;
      if (groups.length === limit) return groups;
      // Few: what is new is to be seen at once.
      remembered.delete(question);
      return undefined;
    },
  };
}
