import type { LaneFigures } from "@tera/batch";
import { createMetrics } from "@tera/telemetry";
import { expect, test } from "vitest";
import { registerBatchMetrics } from "./batch-metrics.ts";

const figures: LaneFigures = {
  running: [{ model: "m", lines: 3 }],
  open: [
    { model: "m", lines: 97 },
    { model: "made up by a customer", lines: 2 },
    { model: "and another", lines: 1 },
  ],
  batches: [
    { status: "in_progress", isPaused: false, count: 2, oldestAt: new Date(Date.now() - 60_000) },
    { status: "in_progress", isPaused: true, count: 1, oldestAt: new Date() },
  ],
};

test("what there is to do and what ended is told, and names that only customers know are no labels", async () => {
  const registry = createMetrics({ labels: {} });
  const metrics = registerBatchMetrics(registry, { read: async () => figures, isKnown: (model) => model === "m" });
  metrics.ended("m", "succeeded");
  metrics.ended("made up by a customer", "failed");
  const page = await registry.metrics();
  for (const line of [
    'tera_batch_lines_total{model="m",outcome="succeeded"} 1',
    'tera_batch_lines_total{model="other",outcome="failed"} 1',
    'tera_batch_lines{model="m",state="open"} 97',
    'tera_batch_lines{model="m",state="running"} 3',
    'tera_batch_lines{model="other",state="open"} 3',
    'tera_batches{status="in_progress"} 2',
    'tera_batches{status="paused"} 1',
  ]) {
    expect(page).toContain(line);
  }
  expect(Number(/^tera_batch_oldest_seconds\{status="in_progress"\} (\S+)$/m.exec(page)?.[1])).toBeGreaterThanOrEqual(
    60,
  );
});

test("while Postgres is away the page is there, with what is known", async () => {
  const registry = createMetrics({ labels: {} });
  registerBatchMetrics(registry, { read: () => Promise.reject(new Error("away")), isKnown: () => true });
  expect(await registry.metrics()).toContain("# TYPE tera_batch_lines gauge");
});
