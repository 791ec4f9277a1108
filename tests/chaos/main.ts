/**
 * `pnpm chaos money`: see money/main.ts. `pnpm chaos runners`: every fault of a runner with one good replica beside it, on the whole of Tera as real processes.
 *
 * A table, or with `--json` one JSON array, on standard output; progress and what went wrong on standard error. Ends with 1 when a row is not met.
 * `--seed` repeats a run, `--fault` and `--layout` choose, `--logs` shows the parts' logs with each row that is not met.
 */
import { parseArgs } from "node:util";
import { startTestServices } from "@tera/testkit";
import type { Scale } from "./episode.ts";
import { layouts } from "./layouts.ts";
import { type Row, renderTable } from "./row.ts";
import { runLayout } from "./run-layout.ts";

if (process.argv[2] === "money") {
  const { runMoneyCommand } = await import("./money/main.ts");
  process.exit(await runMoneyCommand(process.argv.slice(3), say));
}

const scale: Scale = { clients: 8, faultMs: 3_000, strikes: 20 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    logs: { type: "boolean", default: false },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    fault: { type: "string", multiple: true },
    layout: { type: "string", multiple: true },
  },
});
const seed = Number(values.seed);
if (positionals.join(" ") !== "runners" || !Number.isSafeInteger(seed)) {
  say(
    "usage: pnpm chaos money [...] | pnpm chaos runners [--json] [--seed <number>] [--fault <name>]... [--layout <name>]... [--logs]",
  );
  process.exit(2);
}

const rows: Row[] = [];
const stopping = new AbortController();
for (const event of ["SIGINT", "SIGTERM", "disconnect"]) process.once(event, () => stopping.abort());
const services = await startTestServices({ log: () => undefined });
let broken = false;
say(`seed ${seed}`);
try {
  for (const layout of chosen()) {
    await runLayout(layout, { scale, seed, services, signal: stopping.signal, log: say, onRow });
  }
} catch (error) {
  broken = true;
  say(error instanceof Error ? error.message : String(error));
} finally {
  await services.stop();
}
console.log(values.json ? JSON.stringify(rows) : renderTable(rows));
process.exit(broken || rows.length === 0 || rows.some(({ met }) => !met) ? 1 : 0);

function chosen() {
  return layouts
    .filter(({ name }) => values.layout?.includes(name) ?? true)
    .map((layout) => ({ ...layout, cases: layout.cases.filter(({ name }) => values.fault?.includes(name) ?? true) }))
    .filter(({ cases }) => cases.length > 0);
}

function onRow(row: Row, logs: string | undefined): void {
  rows.push(row);
  say(`${row.layout} ${row.fault}: ${row.met ? "met" : `NOT MET: ${row.problems.join("; ")}`}`);
  if (values.logs && logs !== undefined) say(logs);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
