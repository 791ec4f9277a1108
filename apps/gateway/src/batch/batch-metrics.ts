/** Metrics of the batch lane. What there is to do is the same at every gateway, what ended is each one's own. */
import type { LaneFigures } from "@tera/batch";
import { Counter, Gauge, type Registry } from "@tera/telemetry";

/** All gauges of one answer come of one reading. */
const freshMs = 1_000;
/** For models that lines name and nobody offers: what customers write is no label. */
const otherModel = "other";

export interface BatchMetrics {
  /** To be called with each line that ended, or is tried again. */
  ended(model: string, outcome: "succeeded" | "failed" | "again"): void;
}

export interface BatchMetricsOptions {
  read(): Promise<LaneFigures>;
  isKnown(model: string): boolean;
}

export function registerBatchMetrics(registry: Registry, { read, isKnown }: BatchMetricsOptions): BatchMetrics {
  const registers = [registry];
  let latest: { figures: Promise<LaneFigures | undefined>; atMs: number } | undefined;

  /** Undefined: Postgres is away, which other metrics tell; these keep their last values. */
  function figures(): Promise<LaneFigures | undefined> {
    if (latest === undefined || performance.now() - latest.atMs > freshMs)
      latest = { figures: read().catch(() => undefined), atMs: performance.now() };
    return latest.figures;
  }

  const labelOf = (model: string) => (isKnown(model) ? model : otherModel);
  const lines = new Counter({
    name: "tera_batch_lines_total",
    help: "Lines of batches that this gateway ran, by how the try ended",
    labelNames: ["model", "outcome"],
    registers,
  });
  new Gauge({
    name: "tera_batch_lines",
    help: "Lines of batches that wait (open) or run",
    labelNames: ["model", "state"],
    registers,
    async collect() {
      const read = await figures();
      if (read === undefined) return;
      this.reset();
      for (const { model, lines: count } of read.open) this.inc({ model: labelOf(model), state: "open" }, count);
      for (const { model, lines: count } of read.running) this.inc({ model: labelOf(model), state: "running" }, count);
    },
  });
  new Gauge({
    name: "tera_batches",
    help: "Batches in work, by status; those of which nothing is begun are paused",
    labelNames: ["status"],
    registers,
    async collect() {
      const read = await figures();
      if (read === undefined) return;
      this.reset();
      for (const { status, isPaused, count } of read.batches) this.inc({ status: isPaused ? "paused" : status }, count);
    },
  });
  new Gauge({
    name: "tera_batch_oldest_seconds",
    help: "Age of the oldest batch in work, by status",
    labelNames: ["status"],
    registers,
    async collect() {
      const read = await figures();
      if (read === undefined) return;
      this.reset();
      for (const { status, isPaused, oldestAt } of read.batches)
        this.set({ status: isPaused ? "paused" : status }, (Date.now() - oldestAt.getTime()) / 1_000);
    },
  });
  return { ended: (model, outcome) => lines.inc({ model: labelOf(model), outcome }) };
}
