import { vitestServices } from "@tera/testkit";
import { expect, test } from "vitest";
import { openWorkbench } from "../workbench.ts";
import { runOverhead } from "./overhead.ts";

test("the overhead benchmark measures Tera and a plain proxy, loses no usage record, and stops what it started", async () => {
  await using workbench = await openWorkbench(() => undefined, vitestServices);
  const { rows } = await runOverhead(workbench, {
    targets: ["tera", "node-proxy"],
    clients: [2],
    rounds: 1,
    seconds: 1,
    onlyNode: true,
    profileDirectory: undefined,
  });
  expect(rows.map(({ target, errors }) => ({ target, errors }))).toEqual([
    { target: "direct", errors: 0 },
    { target: "tera", errors: 0 },
    { target: "node-proxy", errors: 0 },
  ]);
  for (const { p50Ms, requestsPerSecond } of rows) {
    expect(p50Ms).toBeGreaterThan(0);
    expect(requestsPerSecond).toBeGreaterThan(0);
  }
}, 60_000);
