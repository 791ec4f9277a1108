/**
 * vLLM. Sources: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (extra parameters, `continuous_usage_stats`,
 * `continue_final_message`), vllm/entrypoints/openai/**\/protocol.py in github.com/vllm-project/vllm (ModelCard, StreamOptions, the reasoning field:
 * `reasoning_content` until 0.11, `reasoning` since), https://docs.vllm.ai/en/latest/usage/metrics.html, vllm/v1/metrics/stats.py (a prompt counts with its
 * first token, cached or not and once per choice; generated tokens count as they come).
 */
import type { EngineProfile } from "./engine-profile.ts";
import { asObject, asString } from "./json-access.ts";
import { fetchListing, isOwnedBy, readListing, toTextModel } from "./model-listing.ts";
import { extendedSampling, openAiText } from "./openai-dialect.ts";

export const vllm: EngineProfile = {
  name: "vllm",
  pages: ["/version"],
  recognise(page) {
    if (!isOwnedBy(readListing(page("/v1/models")), "vllm")) return undefined;
    return { version: asString(asObject(page("/version")?.json)?.["version"]) };
  },
  healthPath: "/health",
  createInspector: (client) => async () => ({ models: (await fetchListing(client)).map(toTextModel) }),
  text: {
    ...openAiText,
    sampling: extendedSampling,
    streamUsage: "continuous",
    developerRole: false,
  },
  speech: { fields: ["speed", "lang_code", "instructions"] },
  canary: "first",
  metrics: {
    path: "/metrics",
    running: "vllm:num_requests_running",
    waiting: "vllm:num_requests_waiting",
    promptTokens: "vllm:prompt_tokens_total",
    completionTokens: "vllm:generation_tokens_total",
    howToEnable: "start vLLM without --disable-log-stats",
  },
};
