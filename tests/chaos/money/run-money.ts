/** All cases of `pnpm chaos money`, one after the other, on one stack; and in the end whether the whole ledger adds up. */
import { checkLedger } from "@tera/metering";
import { sql } from "drizzle-orm";
import { runDuplicateCopies, runDuplicateWrites } from "./duplicate-case.ts";
import { exactCredits, nameOf, runExactCredit } from "./exact-credit-case.ts";
import { runKillCase, victims } from "./kill-case.ts";
import { killSteps } from "./kill-steps.ts";
import { runLeaveCase } from "./leave-case.ts";
import { loadChanges, runLoadChange, runOutage, runPriceChange } from "./load-case.ts";
import { emptyCount, type MoneyCount, type MoneyRow, toRow } from "./money-row.ts";
import { type MoneyStack, startMoneyStack } from "./money-stack.ts";
import { runStreamCase } from "./stream-case.ts";

export interface MoneyCase {
  name: string;
  run(money: MoneyStack, options: CaseOptions): Promise<MoneyCount>;
}

export interface CaseOptions {
  /** Kills per step and victim. */
  runs: number;
  /** How long Postgres is away. Milliseconds. */
  outageMs: number;
  seed: number;
}

export interface RunMoneyOptions extends CaseOptions {
  cases: readonly MoneyCase[];
  /** How long leases of killed gateways may take to come back, in the end. Milliseconds; 0: not waited for. */
  leasesBackMs: number;
  signal?: AbortSignal;
  onRow(row: MoneyRow, logs: string | undefined): void;
}

const killCases: readonly MoneyCase[] = victims.flatMap((victim) =>
  killSteps.map((step) => ({
    name: `kill ${victim}: ${step.name}`,
    run: (money: MoneyStack, { runs }: CaseOptions) => runKillCase(money, victim, step, runs),
  })),
);

/** Everything but the kills. */
const livingCases: readonly MoneyCase[] = [
  ...exactCredits.map((wanted) => ({
    name: nameOf(wanted),
    run: (money: MoneyStack) => runExactCredit(money, wanted),
  })),
  { name: "delivered 1 to 5 times: to writers", run: (money, { seed }) => runDuplicateWrites(money, seed) },
  { name: "delivered 1 to 5 times: as copies in Redis", run: (money, { seed }) => runDuplicateCopies(money, seed) },
  ...[true, false].map((stream) => ({
    name: `client leaves at every token: ${stream ? "stream" : "whole"}`,
    run: (money: MoneyStack) => runLeaveCase(money, stream),
  })),
  { name: "streaming against not", run: (money, { seed }) => runStreamCase(money, seed) },
  ...loadChanges.map((change) => ({
    name: change.name,
    run: (money: MoneyStack, { seed }: CaseOptions) => runLoadChange(money, change, seed),
  })),
  { name: "prices changed under load", run: (money, { seed }) => runPriceChange(money, seed) },
  { name: "Postgres away", run: (money, { outageMs, seed }) => runOutage(money, outageMs, seed) },
];

export const moneyCases: readonly MoneyCase[] = [...livingCases, ...killCases];

/** @throws when a part of the stack ended by itself, or the stack does not come back from a case. */
export async function runMoney({ cases, leasesBackMs, signal, onRow, ...options }: RunMoneyOptions): Promise<void> {
  const money = await startMoneyStack();
  try {
    for (const { name, run } of cases) {
      if (signal?.aborted === true) throw new Error("stopped before the end");
      const row = toRow(name, await run(money, options));
      onRow(row, row.met ? undefined : money.stack.logs());
    }
    onRow(toRow("the ledger", await checkWholeLedger(money, leasesBackMs)), undefined);
  } finally {
    await money.stop();
  }
}

/** Every invariant, once the leases of those that were killed are back. */
async function checkWholeLedger({ stack }: MoneyStack, leasesBackMs: number): Promise<MoneyCount> {
  const { db } = stack.database;
  const count = emptyCount();
  const deadlineMs = performance.now() + leasesBackMs;
  const leased = async () => {
    const { rows } = await db.execute(
      sql`select count(*)::int as open from purse where leased_nano > 0 and kind = 'account'`,
    );
    return Number(rows[0]?.["open"]);
  };
  while (performance.now() < deadlineMs && (await leased()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 500));
  if (leasesBackMs > 0 && (await leased()) > 0) count.problems.push(`${await leased()} accounts have credit in leases`);
  const { rows } = await db.execute(
    sql`select count(*)::int as events, count(*) filter (where charge_nano > 0)::int as charged from usage_event`,
  );
  count.runs = 1;
  count.started = Number(rows[0]?.["events"]);
  count.charged = Number(rows[0]?.["charged"]);
  for (const { problem, rows: concerned } of await checkLedger({ db })) {
    count.problems.push(`${problem}: ${concerned.slice(0, 3).join("; ")}`);
  }
  return count;
}
