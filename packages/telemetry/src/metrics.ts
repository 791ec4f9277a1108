/** Metrics: one Prometheus registry per process. Whoever has something to count makes its metric on the registry that it is given. */
import { collectDefaultMetrics, Registry } from "prom-client";

export { Counter, Gauge, Histogram, type Registry } from "prom-client";

/**
 * @param options.labels carried by every metric, e.g. `{ service: "gateway", instance: gatewayId }`.
 * @returns the registry, with Node's own figures (event loop, memory, garbage collection) on it; `await registry.metrics()` renders it.
 */
export function createMetrics({ labels }: { labels: Readonly<Record<string, string>> }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  collectDefaultMetrics({ register: registry });
  return registry;
}
