/** `GET /metrics`: vLLM's own names, in Prometheus' text format. */
import type { ServerContext } from "./context.ts";

export function renderMetrics({ settings, engine, log }: ServerContext): string {
  const labels = `{engine="0",model_name="${settings.models[0] ?? ""}"}`;
  let running = { prompt: 0, generated: 0 };
  for (const request of log.requests) {
    if (request.endedAtMs !== null) continue;
    running = { prompt: running.prompt + request.promptTokens, generated: running.generated + request.generatedTokens };
  }
  const { totals } = log;
  const metrics: [name: string, type: string, help: string, value: number][] = [
    ["num_requests_running", "gauge", "Number of requests in model execution batches.", engine.running],
    ["num_requests_waiting", "gauge", "Number of requests waiting to be processed.", engine.waiting],
    [
      "kv_cache_usage_perc",
      "gauge",
      "KV-cache usage. 1 means 100 percent usage.",
      Math.min(1, engine.running / settings.slots),
    ],
    ["prompt_tokens_total", "counter", "Number of prefill tokens processed.", totals.promptTokens + running.prompt],
    [
      "generation_tokens_total",
      "counter",
      "Number of generation tokens processed.",
      totals.generatedTokens + running.generated,
    ],
  ];
  const lines = metrics.flatMap(([name, type, help, value]) => [
    `# HELP vllm:${name} ${help}`,
    `# TYPE vllm:${name} ${type}`,
    `vllm:${name}${labels} ${value}`,
  ]);
  lines.push(
    "# HELP vllm:request_success_total Count of successfully processed requests.",
    "# TYPE vllm:request_success_total counter",
    `vllm:request_success_total{engine="0",finished_reason="stop",model_name="${settings.models[0] ?? ""}"} ${totals.finished}`,
    `vllm:request_success_total{engine="0",finished_reason="abort",model_name="${settings.models[0] ?? ""}"} ${totals.aborted}`,
  );
  return `${lines.join("\n")}\n`;
}
