/** What Postgres remembers of runs: when each began and succeeded last, and how it came out. */
import { type BackgroundRun, backgroundRun, type Db, databaseReason } from "@tera/database";
import { sql } from "drizzle-orm";
import { dueAfterMs, type Run } from "./run.ts";

export interface RunLog {
  list(): Promise<BackgroundRun[]>;
  /** Runs whose last success is too long ago, or never was. */
  findDue(runs: readonly Run[]): Promise<Run[]>;
  /** Does it, and writes down how it went. @throws what it throws. */
  record(run: Run, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}

const now = sql`clock_timestamp()`;

export function createRunLog({ db }: { db: Db }): RunLog {
  async function list(): Promise<BackgroundRun[]> {
    return db.select().from(backgroundRun);
  }

  return {
    list,
    async findDue(runs) {
      const rows = await db
        .select({
          name: backgroundRun.name,
          sinceMs: sql<string>`extract(epoch from clock_timestamp() - ${backgroundRun.succeededAt}) * 1000`,
        })
        .from(backgroundRun);
      const since = new Map(rows.map(({ name, sinceMs }) => [name, Number(sinceMs ?? Number.POSITIVE_INFINITY)]));
      return runs.filter((run) => (since.get(run.name) ?? Number.POSITIVE_INFINITY) > dueAfterMs(run));
    },
    async record(run, signal) {
      const { name } = run;
      await db
        .insert(backgroundRun)
        .values({ name, startedAt: now })
        .onConflictDoUpdate({ target: backgroundRun.name, set: { startedAt: now } });
      try {
        const outcome = await run.work(signal);
        await db
          .insert(backgroundRun)
          .values({ name, startedAt: now, succeededAt: now, outcome })
          .onConflictDoUpdate({
            target: backgroundRun.name,
            set: { succeededAt: now, outcome, failure: null },
          });
        return outcome;
      } catch (error) {
        await db
          .update(backgroundRun)
          .set({ failure: databaseReason(error).slice(0, 1_000) })
          .where(sql`${backgroundRun.name} = ${name}`)
          // Postgres may be what failed: the run's own error says more.
          .catch(() => undefined);
        throw error;
      }
    },
  };
}
