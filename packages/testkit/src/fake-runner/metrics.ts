/** `GET /metrics` as vLLM answers it (vllm/v1/metrics/loggers.py and stats.py): a prompt counts with its first token, once for each choice. */
import type { ServerContext } from "./context.ts";
import type { Page } from "./dialects/dialect.ts";
import { prometheusPage, pythonNumber } from "./dialects/prometheus.ts";

export function renderMetrics({ settings, engine, log, counters, startedAtMs }: ServerContext): Page {
  const model = settings.models[0] ?? "";
  const labels = `{engine="0",model_name="${model}"}`;
  const ended = (reason: string) =>
    `vllm:request_success_total{engine="0",finished_reason="${reason}",model_name="${model}"}`;
  return prometheusPage(
    [
      ["process_start_time_seconds", "gauge", startedAtMs / 1_000],
      [`vllm:num_requests_running${labels}`, "gauge", engine.running],
      [`vllm:num_requests_waiting${labels}`, "gauge", engine.waiting],
      [`vllm:kv_cache_usage_perc${labels}`, "gauge", Math.min(1, engine.running / settings.slots)],
      [`vllm:prompt_tokens_total${labels}`, "counter", counters.begun.promptPerAnswer],
      [`vllm:generation_tokens_total${labels}`, "counter", counters.generated],
      [ended("stop"), "counter", log.totals.finished],
      [ended("abort"), "counter", log.totals.aborted],
    ],
    { number: pythonNumber },
  );
}
