/**
 * llama.cpp's server. Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md (`/props` with slots and context per slot,
 * `timings_per_token`, `repeat_penalty`, `response_format` with a schema, assistant prefill, a model's id is its path or alias, metrics),
 * tools/server/server-context.cpp and server-task.cpp (what the metrics count, and how they are printed).
 */
import type { EngineClient } from "./engine-client.ts";
import type { EngineProfile, EngineReport } from "./engine-profile.ts";
import { asCount, asObject, asString } from "./json-access.ts";
import { fetchListing, isOwnedBy, readListing, toTextModel } from "./model-listing.ts";
import { extendedSampling, openAiText } from "./openai-dialect.ts";

async function inspect(client: EngineClient): Promise<EngineReport> {
  // `/props` can be switched off, and needs a model name where one server routes between several: then the listing must do.
  const [listing, page] = await Promise.all([fetchListing(client), client.ask("/props").catch(() => undefined)]);
  const props = page?.status === 200 ? asObject(page.json) : undefined;
  const contextLength = asCount(asObject(props?.["default_generation_settings"])?.["n_ctx"]) || undefined;
  const seesImages = asObject(props?.["modalities"])?.["vision"] === true;
  return {
    slots: asCount(props?.["total_slots"]) || undefined,
    models: listing.map((listed) => ({
      ...toTextModel(listed),
      contextLength,
      inputModalities: seesImages ? ["text", "image"] : undefined,
    })),
  };
}

export const llamacpp: EngineProfile = {
  name: "llamacpp",
  pages: ["/props"],
  recognise(page) {
    const listing = readListing(page("/v1/models"));
    const props = asObject(page("/props")?.json);
    const hasProps =
      asCount(props?.["total_slots"]) !== undefined && props?.["default_generation_settings"] !== undefined;
    if (listing === undefined || !(hasProps || isOwnedBy(listing, "llamacpp"))) return undefined;
    return { version: asString(props?.["build_info"]) };
  },
  healthPath: "/health",
  createInspector: (client) => () => inspect(client),
  text: {
    ...openAiText,
    sampling: { ...extendedSampling, repetitionPenalty: "repeat_penalty" },
    streamUsage: "timings",
    developerRole: false,
    // Without a schema its grammar lets any JSON value through, while json_object promises an object.
    responseFormat: (format) =>
      format.type === "json_object" ? { type: "json_object", schema: { type: "object" } } : format,
    toolChoice: (choice) => (typeof choice === "string" ? choice : "required"),
  },
  canary: "first",
  metrics: {
    path: "/metrics",
    running: "llamacpp:requests_processing",
    waiting: "llamacpp:requests_deferred",
    promptTokens: "llamacpp:prompt_tokens_total",
    completionTokens: "llamacpp:tokens_predicted_total",
    // `n_prompt_tokens_processed`.
    skipsCached: true,
    // A C++ stream's default.
    significantDigits: 6,
    howToEnable: "start llama-server with --metrics",
  },
};
