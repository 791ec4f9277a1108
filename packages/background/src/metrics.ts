/** Metrics of background work. Names of runs are ours, and few. */
import { Counter, Gauge, Histogram, type Registry } from "@tera/telemetry";
import type { RunLog } from "./run-log.ts";
import { ledgerOutcomeSchema } from "./runs/ledger-check.ts";

export interface BackgroundMetrics {
  onEnd(run: string, outcome: "succeeded" | "failed", seconds: number): void;
  onNotice(outcome: "delivered" | "failed" | "abandoned"): void;
}

export function registerBackgroundMetrics(registry: Registry, runLog: Pick<RunLog, "list">): BackgroundMetrics {
  const registers = [registry];
  const runs = new Counter({
    name: "tera_background_runs_total",
    help: "Background runs that this gateway ended",
    labelNames: ["run", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "tera_background_run_seconds",
    help: "How long they took",
    labelNames: ["run"],
    buckets: [0.1, 1, 10, 60, 600],
    registers,
  });
  const notices = new Counter({
    name: "tera_notices_total",
    help: "Tries to deliver a notice",
    labelNames: ["outcome"],
    registers,
  });
  new Gauge({
    name: "tera_background_last_success_timestamp_seconds",
    help: "When a background run succeeded last, whichever gateway ran it",
    labelNames: ["run"],
    registers,
    async collect() {
      // Postgres away is told by other metrics; this one keeps its last values.
      const rows = await runLog.list().catch(() => []);
      for (const { name, succeededAt } of rows) {
        if (succeededAt !== null) this.set({ run: name }, succeededAt.getTime() / 1_000);
      }
    },
  });
  new Gauge({
    name: "tera_ledger_findings",
    help: "Rows that the last daily check of the ledger found wrong, by invariant; 0 when all is well",
    labelNames: ["invariant"],
    registers,
    async collect() {
      const rows = await runLog.list().catch(() => []);
      const last = ledgerOutcomeSchema.safeParse(rows.find(({ name }) => name === "ledger-check")?.outcome);
      for (const [invariant, count] of Object.entries(last.data?.byInvariant ?? {})) this.set({ invariant }, count);
    },
  });
  new Gauge({
    name: "tera_engine_drift_tokens",
    help: "Tokens of the week before the last daily check in which engines' counters, answers and usage events differ; positive: more was made than was metered",
    labelNames: ["problem"],
    registers,
    async collect() {
      const rows = await runLog.list().catch(() => []);
      const last = ledgerOutcomeSchema.safeParse(rows.find(({ name }) => name === "ledger-check")?.outcome);
      for (const [problem, tokens] of Object.entries(last.data?.engineDrift ?? {})) this.set({ problem }, tokens);
    },
  });
  return {
    onEnd(run, outcome, took) {
      runs.inc({ run, outcome });
      seconds.observe({ run }, took);
    },
    onNotice: (outcome) => notices.inc({ outcome }),
  };
}
