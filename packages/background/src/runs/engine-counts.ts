/** Brings what workers tell of their engines' counters to Postgres, every minute. What it is compared with, and when: ledger-check.ts. */
import type { Db } from "@tera/database";
import { storeEngineCounts } from "@tera/metering";
import type { EngineCount } from "@tera/protocol";
import type { Run } from "../run.ts";

/** Where workers put them. */
export interface EngineCountSource {
  /** The oldest ones; none: there are no more. */
  read(): Promise<{ entryIds: string[]; counts: EngineCount[] }>;
  /** Once they are in Postgres. */
  drop(entryIds: readonly string[]): Promise<void>;
}

/** Of one run: the next one goes on. */
const pagesMax = 100;

export function createEngineCountsRun({ db, source }: { db: Db; source: EngineCountSource }): Run {
  return {
    name: "engine-counts",
    schedule: { everyMs: 60_000 },
    attemptsMax: 1,
    async work(signal) {
      let stored = 0;
      for (let page = 0; page < pagesMax && !signal.aborted; page++) {
        const { entryIds, counts } = await source.read();
        if (entryIds.length === 0) break;
        await storeEngineCounts(db, counts);
        await source.drop(entryIds);
        stored += counts.length;
      }
      return { stored };
    },
  };
}
