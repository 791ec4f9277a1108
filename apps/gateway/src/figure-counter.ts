/** What this gateway has counted since it started, for the dashboard's live figures: beside the metrics, which it takes a text format to read. */
import type { Limit } from "@tera/access";
import { type Fault, figureBoundsMs, type GatewayFigures, type UsageRecord } from "@tera/protocol";

export interface FigureCounter {
  /** To be called with each request that ended. */
  ended(record: UsageRecord): void;
  /** To be called with the limit for which a request was refused. */
  limited(limit: Limit): void;
  /** To be called with whose fault it was, when a request was refused otherwise before it was admitted. */
  refused(fault: Fault): void;
  read(): GatewayFigures;
}

export function createFigureCounter(gauges: { openRequests(): number; waitingJobs(): number }): FigureCounter {
  const startedAtMs = Date.now();
  const ended = { succeeded: 0, failed: 0, cancelled: 0 };
  const limited = { requests: 0, tokens: 0, concurrency: 0 };
  const refused = { refused: 0, unserved: 0 };
  let promptTokens = 0;
  let completionTokens = 0;
  const ttft = newHistogram();
  const queueWait = newHistogram();

  return {
    ended({ status, usage, ttftMs, queueMs }) {
      ended[status]++;
      promptTokens += usage.promptTokens;
      completionTokens += usage.completionTokens;
      if (ttftMs !== undefined) observe(ttft, ttftMs);
      if (queueMs !== undefined) observe(queueWait, queueMs);
    },
    limited({ kind }) {
      limited[kind]++;
    },
    refused(fault) {
      refused[fault === "client" ? "refused" : "unserved"]++;
    },
    read() {
      const [open, waiting] = [gauges.openRequests(), gauges.waitingJobs()];
      return {
        version: 1,
        startedAtMs,
        ...ended,
        limited,
        ...refused,
        promptTokens,
        completionTokens,
        ttft,
        queueWait,
        open,
        waiting,
      };
    },
  };
}

function newHistogram(): number[] {
  return new Array<number>(figureBoundsMs.length + 1).fill(0);
}

function observe(histogram: number[], valueMs: number): void {
  const found = figureBoundsMs.findIndex((boundMs) => valueMs <= boundMs);
  const bucket = found === -1 ? figureBoundsMs.length : found;
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}
