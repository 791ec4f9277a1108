/**
 * The largest groups of a report and what they used, remembered for a minute where there are more than are shown: to find them, all are added up, which is nearly all of the work of such a report.
 */
import type { Db } from "@tera/database";
import { createUsageReports, type UsageDimension, type UsageFilter, type UsageSum } from "@tera/metering";

const freshMs = 60_000;
const hourMs = 3_600_000;
const rememberedMax = 500;

export interface LargestGroups {
  /** @returns the highest cost first; up to a minute old where there are `limit` of them. */
  find(filter: UsageFilter, by: UsageDimension, limit: number): Promise<readonly UsageSum[]>;
}

interface Remembered {
  readonly groups: Promise<readonly UsageSum[]>;
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
        known = { groups: reports.summarize(filter, by, limit), untilMs: nowMs + freshMs };
        remembered.set(question, known);
        known.groups.catch(() => remembered.delete(question));
      }
      const groups = await known.groups;
      // Few: what is new is to be seen at once.
      if (groups.length < limit) remembered.delete(question);
      return groups;
    },
  };
}
