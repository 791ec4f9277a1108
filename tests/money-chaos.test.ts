/** Whether every request served is charged exactly once: a short `pnpm chaos money`. */
import { expect, test } from "vitest";
import type { MoneyRow } from "./chaos/money/money-row.ts";
import { moneyCases, runMoney } from "./chaos/money/run-money.ts";

const timeoutMs = 180_000;
const seed = Math.floor(Math.random() * 1_000_000);

/** One of each kind; `pnpm chaos money` runs them all. */
const names = [
  "credit for 7: chat, stream, new account",
  "credit for 7: speech, old account",
  "delivered 1 to 5 times: to writers",
  "delivered 1 to 5 times: as copies in Redis",
  "client leaves at every token: stream",
  "streaming against not",
  "prices changed under load",
  "kill gateway: answered",
  "kill gateway: settling",
  "kill worker: settling",
  "kill redis: settling",
  "kill postgres: settling",
];

test(
  "whatever dies, repeats or runs in parallel: nothing is lost, nothing charged twice, nothing overspent",
  async () => {
    const rows: MoneyRow[] = [];
    const lines: string[] = [];
    await runMoney({
      cases: moneyCases.filter(({ name }) => names.includes(name)),
      runs: 1,
      outageMs: 0,
      seed,
      leasesBackMs: 0,
      onRow(row, logs) {
        rows.push(row);
        if (logs !== undefined) lines.push(logs);
      },
    });
    expect(
      rows.filter(({ met }) => !met),
      `seed ${seed}\n${lines.join("\n")}`,
    ).toEqual([]);
    expect(rows.map((row) => row.case).sort()).toEqual([...names, "the ledger"].sort());
  },
  timeoutMs,
);
