import { vitestServices } from "@tera/testkit";
import { expect, test } from "vitest";
import { openWorkbench } from "../workbench.ts";
import { runBatch } from "./batch.ts";

test("the batch benchmark loses and doubles nothing whatever it kills, and a larger file comes out as it went in", async () => {
  await using workbench = await openWorkbench(() => undefined, vitestServices);
  const { rows } = await runBatch(workbench, {
    lines: 600,
    rounds: 1,
    seconds: 1,
    streams: 2,
    slots: 16,
    largeFileLines: 3_000,
  });
  const [row] = rows;
  expect(row).toMatchObject({ lines: 600, lost: 0, doubled: 0, largeFileLines: 3_000, errors: 0 });
  expect(row?.liveTtftRatio).toBeGreaterThan(0);
  expect(row?.idleSlotsUsed).toBeGreaterThan(0);
  expect(row?.redisPeakMb).toBeGreaterThan(0);
}, 180_000);
