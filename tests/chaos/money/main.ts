/**
 * `pnpm chaos money`: whether every request served is charged exactly once, whatever dies, repeats or runs in parallel.
 *
 * A table, or with `--json` one JSON array, on standard output; progress and what went wrong on standard error. Ends with 1 when a row is not met.
 * `--case` chooses by the beginning of a name, `--runs` says how often each part is killed at each step, `--seed` repeats what is random,
 * `--logs` shows the parts' logs with each row that is not met.
 */
import { parseArgs } from "node:util";
import { type MoneyRow, renderMoneyTable } from "./money-row.ts";
import { moneyCases, runMoney } from "./run-money.ts";

/** Of a dead gateway: its term, and the looks of the sweep. */
const leasesBackMs = 120_000;
const outageMs = 60_000;

export async function runMoneyCommand(args: readonly string[], say: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      logs: { type: "boolean", default: false },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      runs: { type: "string", default: "30" },
      case: { type: "string", multiple: true },
    },
  });
  const seed = Number(values.seed);
  const runs = Number(values.runs);
  const cases = moneyCases.filter(({ name }) => values.case?.some((begin) => name.startsWith(begin)) ?? true);
  if (!Number.isSafeInteger(seed) || !(runs > 0) || cases.length === 0) {
    say(
      "usage: pnpm chaos money [--json] [--seed <number>] [--runs <number>] [--case <beginning of a name>]... [--logs]",
    );
    say(`cases: ${moneyCases.map(({ name }) => name).join(" | ")}`);
    return 2;
  }
  const stopping = new AbortController();
  for (const event of ["SIGINT", "SIGTERM", "disconnect"]) process.once(event, () => stopping.abort());
  const rows: MoneyRow[] = [];
  let broken = false;
  say(`seed ${seed}`);
  try {
    await runMoney({
      cases,
      runs,
      seed,
      outageMs,
      leasesBackMs,
      signal: stopping.signal,
      onRow(row, logs) {
        rows.push(row);
        say(`${row.case}: ${row.met ? "met" : `NOT MET: ${row.problems.join("; ")}`}`);
        if (values.logs && logs !== undefined) say(logs);
      },
    });
  } catch (error) {
    broken = true;
    say(error instanceof Error ? error.message : String(error));
  }
  console.log(values.json ? JSON.stringify(rows) : renderMoneyTable(rows));
  return broken || rows.some(({ met }) => !met) ? 1 : 0;
}
