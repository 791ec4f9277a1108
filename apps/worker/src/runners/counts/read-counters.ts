/**
 * Reads an engine's token counters out of its page of metrics (Prometheus' text format 0.0.4,
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 */
import type { EngineMetrics } from "../engines/engine-profile.ts";

/** Tokens since the engine began, of all models and labels. */
export interface Counter {
  value: number;
  /** How much of the last digit is not shown; 0: it is exact. */
  step: number;
}

export interface Counters {
  prompt: Counter;
  completion: Counter;
  /** Differs after a restart of the engine; undefined: it does not say. */
  startedAt: string | undefined;
}

export interface MetricsPage {
  text: string;
  /** The header `Process-Start-Time-Unix`, which llama.cpp has in place of a sample. */
  startedAt: string | undefined;
}

const startSample = "process_start_time_seconds";
const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?[ \t]+(\S+)/;

/** @returns undefined when the page is not one of this engine's. A counter that is not there has not counted yet: SGLang shows it from its first request on. */
export function readCounters({ text, startedAt: header }: MetricsPage, metrics: EngineMetrics): Counters | undefined {
  const { promptTokens, completionTokens, significantDigits } = metrics;
  const prefix = promptTokens.slice(0, promptTokens.search(/[:_]/) + 1);
  const prompt: Counter = { value: 0, step: 0 };
  const completion: Counter = { value: 0, step: 0 };
  let startedAt = header;
  let isThisEngine = false;
  for (const line of text.split("\n")) {
    const isOwn = line.startsWith(prefix);
    if (!isOwn && !line.startsWith(startSample)) continue;
    const [, name, written = ""] = sampleLine.exec(line) ?? [];
    if (name === undefined) continue;
    if (isOwn) isThisEngine = true;
    if (name === startSample) startedAt ??= written;
    const counter = name === promptTokens ? prompt : name === completionTokens ? completion : undefined;
    const value = Number(written);
    if (counter === undefined || !Number.isFinite(value) || value < 0) continue;
    counter.value += Math.round(value);
    counter.step += hiddenStep(written, value, significantDigits);
  }
  return isThisEngine ? { prompt, completion, startedAt } : undefined;
}

/** An engine that prints so many digits shows larger numbers with an exponent, and the rest of them not at all. */
function hiddenStep(written: string, value: number, significantDigits: number | undefined): number {
  if (significantDigits === undefined || value === 0 || !/e/i.test(written)) return 0;
  return 10 ** Math.max(0, Math.floor(Math.log10(value)) - significantDigits + 1);
}
