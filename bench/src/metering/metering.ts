/**
 * `bench metering`: what money costs. Settled records per second, what limits add to an admission, reports at ten million requests, bytes per request.
 *
 * Postgres is the embedded one as `tera up` runs it: what it commits is on disk. Of the rounds of settling the best counts, because other programs can only make it
 * slower.
 */
import { openPostgres } from "../open-postgres.ts";
import type { Report } from "../report/report.ts";
import type { Column } from "../report/table.ts";
import type { Workbench } from "../workbench.ts";
import { measureAdmission } from "./admission.ts";
import { measureReports, measureStatements } from "./report-queries.ts";
import { atLeast, atMost, figure, type MeteringRow } from "./rows.ts";
import { measureSettlement, type Settlement } from "./settlement.ts";
import { makeUsageHistory } from "./usage-history.ts";

export interface MeteringOptions {
  /** Requests that the history has. */
  events: number;
  rounds: number;
  /** Of one measurement of settling. */
  seconds: number;
}

const settledGoal = 10_000;
const addedGoalMs = 0.3;
const reportGoalMs = 100;
const writers = 4;
const batchSize = 500;
const accountCounts = [1, 100, 1_000];
const reportTimes = 40;
const admissions = 2_000;

const add = (one: number, other: number) => one + other;
const value = (number: number) => (Math.abs(number) < 10 ? number.toFixed(2) : `${Math.round(number)}`);

export const meteringColumns: readonly Column<MeteringRow>[] = [
  { header: "measure", value: ({ measure }) => measure },
  { header: "value", value: (row) => value(row.value) },
  { header: "unit", value: ({ unit }) => unit },
  { header: "goal", value: ({ goal }) => goal ?? "" },
  { header: "met", value: ({ met }) => (met === null ? "" : met ? "yes" : "no") },
];

export async function runMetering(
  workbench: Workbench,
  options: MeteringOptions,
): Promise<Pick<Report<MeteringRow>, "rows" | "setup">> {
  const { say } = workbench;
  const { events, rounds, seconds } = options;
  const rows: MeteringRow[] = [];

  const redis = await workbench.services.createRedis();
  workbench.defer(() => redis.stop());
  say("admissions, with all limits and with none");
  const { noneP50Ms, limitedP50Ms } = await measureAdmission(redis.url, { turns: 3 * rounds, admissions });
  rows.push(atMost("admission: all limits over none, p50", limitedP50Ms - noneP50Ms, "ms", addedGoalMs));

  const settled = await openPostgres(workbench, "settled");
  const sizes: MeteringRow[] = [];
  for (const accounts of accountCounts) {
    say(`settling, usage of ${accounts} ${accounts === 1 ? "account" : "accounts"}`);
    const settlements: Settlement[] = [];
    for (let round = 0; round < rounds; round++) {
      settlements.push(await measureSettlement(settled.url, { accounts, writers, batchSize, seconds }));
    }
    const name = accounts === 1 ? "1 account" : `${accounts} accounts`;
    const best = settlements.reduce((one, other) => (other.recordsPerSecond > one.recordsPerSecond ? other : one));
    rows.push(atLeast(`settled, batches of ${batchSize}, ${name}`, best.recordsPerSecond, "records/s", settledGoal));
    const bytes = best.bytesPerRecord;
    sizes.push(figure(`database, ${name}`, [...bytes.values()].reduce(add, 0), "bytes/request"));
    for (const [part, each] of bytes) sizes.push(figure(`database, ${name}: ${part}`, each, "bytes/request"));
  }
  rows.push(...sizes);

  await settled.stop();
  const postgres = await openPostgres(workbench, "history");
  say(`making ${events} requests of three months`);
  const history = { events, accounts: 200, keysPerAccount: 2, models: 4 };
  const startedAt = performance.now();
  await makeUsageHistory(postgres.url, history, say);
  rows.push(figure(`making ${events} requests`, (performance.now() - startedAt) / 1_000, "s"));
  say("reports");
  for (const { report, p95Ms } of await measureReports(postgres.url, history, reportTimes)) {
    rows.push(atMost(`${report}, p95`, p95Ms, "ms", reportGoalMs));
  }
  say("statements");
  for (const { report, p95Ms } of await measureStatements(postgres.url, history, reportTimes)) {
    rows.push(figure(`${report}, p95`, p95Ms, "ms"));
  }
  return {
    rows,
    setup: [
      `embedded Postgres, fsync on, ${writers} writers`,
      `${events} requests of ${history.accounts} accounts in the reports`,
      `best of ${rounds} rounds of ${seconds} s`,
    ],
  };
}
