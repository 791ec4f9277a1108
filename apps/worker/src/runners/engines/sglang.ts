/**
 * SGLang. Sources: https://docs.sglang.ai/basic_usage/openai_api_completions.html (extra parameters), python/sglang/srt/entrypoints/openai/protocol.py
 * and http_server.py in github.com/sgl-project/sglang (`continuous_usage_stats`, `continue_final_message`, `reasoning_tokens` beside the other counts,
 * `/get_model_info`, `/get_server_info` and their newer names without `get_`), https://docs.sglang.ai/references/production_metrics.html,
 * managers/tokenizer_manager.py (both counters move when a request finishes, cached tokens included; an aborted one may never count).
 */
import type { EngineClient } from "./engine-client.ts";
import type { EngineProfile, EngineReport } from "./engine-profile.ts";
import { asArray, asCount, asObject, asString } from "./json-access.ts";
import { fetchListing, isOwnedBy, readListing, toTextModel } from "./model-listing.ts";
import { extendedSampling, openAiText } from "./openai-dialect.ts";

type Json = Record<string, unknown>;

/** Asks the scheduler itself, so once is enough. */
async function readServerInfo(client: EngineClient): Promise<Json | undefined> {
  for (const path of ["/server_info", "/get_server_info"]) {
    const page = await client.ask(path);
    if (page.status === 200) return asObject(page.json);
  }
  return undefined;
}

function slotsOf(info: Json | undefined): number | undefined {
  const told = asCount(info?.["max_running_requests"]);
  const atWork = asCount(asObject(asArray(info?.["internal_states"])[0])?.["effective_max_running_requests_per_dp"]);
  return told || atWork || undefined;
}

function createInspector(client: EngineClient): () => Promise<EngineReport> {
  let info: Promise<Json | undefined> | undefined;
  return async () => {
    const listing = await fetchListing(client);
    info ??= readServerInfo(client);
    const server = await info.catch(() => {
      info = undefined;
      return undefined;
    });
    const contextLength = asCount(server?.["context_length"]) || undefined;
    const models = listing
      .map(toTextModel)
      .map((model) => ({ ...model, contextLength: model.contextLength ?? contextLength }));
    return { models, slots: slotsOf(server) };
  };
}

export const sglang: EngineProfile = {
  name: "sglang",
  pages: ["/model_info", "/get_model_info", "/server_info", "/get_server_info"],
  recognise(page) {
    const modelInfo = asObject(
      (page("/model_info")?.status === 200 ? page("/model_info") : page("/get_model_info"))?.json,
    );
    const isSglang = isOwnedBy(readListing(page("/v1/models")), "sglang") || modelInfo?.["is_generation"] !== undefined;
    if (!isSglang || readListing(page("/v1/models")) === undefined) return undefined;
    const serverInfo = page("/server_info")?.status === 200 ? page("/server_info") : page("/get_server_info");
    return { version: asString(asObject(serverInfo?.json)?.["version"]) };
  },
  healthPath: "/health",
  // SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION, on by default.
  healthGenerates: true,
  createInspector,
  text: {
    ...openAiText,
    sampling: extendedSampling,
    streamUsage: "continuous",
    developerRole: false,
  },
  canary: "first",
  metrics: {
    path: "/metrics",
    running: "sglang:num_running_reqs",
    waiting: "sglang:num_queue_reqs",
    promptTokens: "sglang:prompt_tokens_total",
    completionTokens: "sglang:generation_tokens_total",
    howToEnable: "start SGLang with --enable-metrics",
  },
};
