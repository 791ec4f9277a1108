/**
 * TensorRT-LLM's `trtllm-serve`. Sources: https://nvidia.github.io/TensorRT-LLM/commands/trtllm-serve/trtllm-serve.html,
 * tensorrt_llm/serve/openai_protocol.py and openai_server.py in github.com/NVIDIA/TensorRT-LLM (ModelCard's owner, `continuous_usage_stats`; it refuses
 * any field that it does not know, so nothing is sent on the chance). Its `/metrics` is JSON of iterations, not Prometheus.
 */
import type { EngineProfile } from "./engine-profile.ts";
import { asObject, asString } from "./json-access.ts";
import { fetchListing, isOwnedBy, readListing, toTextModel } from "./model-listing.ts";
import { extendedSampling, openAiText } from "./openai-dialect.ts";

const efforts: Readonly<Record<string, string>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
};

export const tensorrtLlm: EngineProfile = {
  name: "tensorrt-llm",
  pages: ["/version"],
  recognise(page) {
    if (!isOwnedBy(readListing(page("/v1/models")), "tensorrt_llm")) return undefined;
    return { version: asString(asObject(page("/version")?.json)?.["version"]) };
  },
  healthPath: "/health",
  createInspector: (client) => async () => ({ models: (await fetchListing(client)).map(toTextModel) }),
  text: {
    ...openAiText,
    sampling: extendedSampling,
    streamUsage: "continuous",
    developerRole: false,
    parallelToolCalls: false,
    reasoningEffort: (effort) => efforts[effort],
  },
  canary: "first",
};
