/** Every fault of a runner, with a good replica beside it: a short `pnpm chaos runners`. */
import { describe, expect, test } from "vitest";
import { type Layout, layouts } from "./chaos/layouts.ts";
import type { Row } from "./chaos/row.ts";
import { runLayout } from "./chaos/run-layout.ts";

const scale = { clients: 4, faultMs: 0, strikes: 4 };
const timeoutMs = 180_000;
const seed = Math.floor(Math.random() * 1_000_000);

const partCount = 3;

/** Most of the time is spent waiting for runners to come back: several stacks do that at once. */
const parts: Layout[] = layouts
  .filter(({ name }) => name !== "one-worker")
  .flatMap((layout) => (layout.cases.length < partCount ? [layout] : split(layout)));

function split(layout: Layout): Layout[] {
  return Array.from({ length: partCount }, (_, part) => ({
    ...layout,
    name: `${layout.name}, part ${part + 1}`,
    cases: layout.cases.filter((_, at) => at % partCount === part),
  }));
}

describe.concurrent("nobody sees a runner that fails, and it is back when it is well", () => {
  test.each(parts)(
    "$name",
    async (layout) => {
      const rows: Row[] = [];
      const lines: string[] = [];
      await runLayout(layout, {
        scale,
        seed,
        log: (line) => lines.push(line),
        onRow(row, logs) {
          rows.push(row);
          if (logs !== undefined) lines.push(logs);
        },
      });
      const missed = rows.filter(({ met }) => !met);
      expect(missed, `seed ${seed}\n${lines.join("\n")}`).toEqual([]);
      expect(rows.map(({ fault }) => fault)).toEqual(layout.cases.map(({ name }) => name));
    },
    timeoutMs,
  );
});
