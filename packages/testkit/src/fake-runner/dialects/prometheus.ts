/** `GET /metrics` in Prometheus' text format, for engines whose names are not vLLM's. */
import type { ServerContext } from "../context.ts";
import { type Page, textPage } from "./dialect.ts";

export interface EngineCounts {
  running: number;
  waiting: number;
  promptTokens: number;
  generatedTokens: number;
  finished: number;
}

/** Totals with what runs now included, as engines count them. */
export function engineCounts({ engine, log }: ServerContext): EngineCounts {
  const counts = {
    running: engine.running,
    waiting: engine.waiting,
    promptTokens: log.totals.promptTokens,
    generatedTokens: log.totals.generatedTokens,
    finished: log.totals.finished,
  };
  for (const request of log.requests) {
    if (request.endedAtMs !== null) continue;
    counts.promptTokens += request.promptTokens;
    counts.generatedTokens += request.generatedTokens;
  }
  return counts;
}

export function prometheusPage(metrics: readonly [name: string, type: "counter" | "gauge", value: number][]): Page {
  const lines = metrics.flatMap(([name, type, value]) => [`# TYPE ${name.split("{")[0]} ${type}`, `${name} ${value}`]);
  return textPage(`${lines.join("\n")}\n`, { type: "text/plain; version=0.0.4; charset=utf-8" });
}
