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

  /** One whose values are those of the last reading. */
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    fill: (gauge: Gauge<Label>, figures: LaneFigures) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const read = await figures();
        if (read === undefined) return;
        this.reset();
        fill(this, read);
      },
    });
  }

  const labelOf = (model: string) => (isKnown(model) ? model : otherModel);
  const lines = new Counter({
    name: "tera_batch_lines_total",
    help: "Lines of batches that this gateway ran, by how the try ended",
    labelNames: ["model", "outcome"],
    registers,
  });
  gauge(
    "tera_batch_lines",
    "Lines of batches that wait (open) or run",
    ["model", "state"],
    (counts, { open, running }) => {
      for (const { model, lines: count } of open) counts.inc({ model: labelOf(model), state: "open" }, count);
      for (const { model, lines: count } of running) counts.inc({ model: labelOf(model), state: "running" }, count);
    },
  );
  const batchesHelp = "Batches in work, by status; those of which nothing is begun are paused";
  gauge("tera_batches", batchesHelp, ["status"], (batches, figures) => {
    for (const { status, isPaused, count } of figures.batches)
      batches.inc({ status: isPaused ? "paused" : status }, count);
  });
  gauge("tera_batch_oldest_seconds", "Age of the oldest batch in work, by status", ["status"], (ages, { batches }) => {
    for (const { status, isPaused, oldestAt } of batches)
      ages.set({ status: isPaused ? "paused" : status }, (Date.now() - oldestAt.getTime()) / 1_000);
  });
  return { ended: (model, outcome) => lines.inc({ model: labelOf(model), outcome }) };
}
