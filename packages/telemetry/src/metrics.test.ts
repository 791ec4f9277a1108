import { expect, test } from "vitest";
import { Counter, createMetrics } from "./metrics.ts";

test("a metric is rendered with the process's labels, beside Node's own figures", async () => {
  const registry = createMetrics({ labels: { service: "gateway", instance: "g1" } });
  new Counter({ name: "tera_test_total", help: "For this test", registers: [registry] }).inc(3);
  const text = await registry.metrics();
  expect(text).toMatch(/^tera_test_total\{service="gateway",instance="g1"\} 3$/m);
  expect(text).toContain("nodejs_eventloop_lag_seconds");
});
