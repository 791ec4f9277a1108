/**
 * Ollama. Sources: https://github.com/ollama/ollama/blob/main/docs/openai.md (supported fields), docs/api.md (`/api/version`, `/api/ps`, `/api/show`
 * with capabilities and parameters), openai/openai.go (one choice, one prompt as text, `reasoning`, no log probabilities, `reasoning_effort` of high, medium, low or none).
 *
 * It loads models on demand and unloads them when idle: only one in memory may get a canary. A prompt longer than `num_ctx` is cut without a
 * word, so the context length is what a model is loaded with, not what it was trained for.
 */
import type { ModelFeature } from "@tera/protocol";
import type { EngineClient } from "./engine-client.ts";
import type { EngineModel, EngineProfile, EngineReport } from "./engine-profile.ts";
import { asArray, asCount, asObject, asString } from "./json-access.ts";
import { toPublicId } from "./model-ids.ts";
import { fetchListing, readListing } from "./model-listing.ts";
import { openAiSampling, openAiText } from "./openai-dialect.ts";

/** Asked of at most so many models in one inspection; the others follow in the next ones. */
const showsAtOnce = 8;

interface ShownModel {
  capabilities: string[] | undefined;
  /** `num_ctx` of its Modelfile. */
  contextLength: number | undefined;
  quantization: string | undefined;
}

async function show(client: EngineClient, model: string): Promise<ShownModel> {
  const shown = asObject(await client.read("/api/show", { model }));
  const capabilities = asArray(shown?.["capabilities"]).flatMap((capability) => asString(capability) ?? []);
  const numCtx = /^\s*num_ctx\s+(\d{1,9})\s*$/m.exec(asString(shown?.["parameters"]) ?? "")?.[1];
  return {
    // Before 0.6.4 there was no such list.
    capabilities: capabilities.length > 0 ? capabilities : undefined,
    contextLength: numCtx === undefined ? undefined : Number(numCtx) || undefined,
    quantization: asString(asObject(shown?.["details"])?.["quantization_level"]) || undefined,
  };
}

/** Model name to the context length that it was loaded with, 0 where it is not told. */
async function readLoaded(client: EngineClient): Promise<Map<string, number>> {
  const running = asArray(asObject(await client.read("/api/ps"))?.["models"]);
  return new Map(
    running.flatMap((entry): [string, number][] => {
      const model = asObject(entry);
      const name = asString(model?.["name"]) ?? asString(model?.["model"]);
      return name === undefined ? [] : [[name, asCount(model?.["context_length"]) ?? 0]];
    }),
  );
}

function toEngineModel(id: string, shown: ShownModel | undefined, loaded: number | undefined): EngineModel {
  const can = (capability: string) => shown?.capabilities?.includes(capability) ?? true;
  const features: ModelFeature[] = ["json_mode", "structured_outputs"];
  if (can("tools")) features.unshift("tools");
  if (shown?.capabilities?.includes("thinking")) features.push("reasoning");
  return {
    engineId: id,
    // `latest` is the tag of a name without one.
    publicId: /^(?:hf\.co|huggingface\.co)\//.test(id) ? toPublicId(id) : id.replace(/:latest$/, ""),
    kind: "text",
    contextLength: loaded || shown?.contextLength,
    quantization: shown?.quantization,
    inputModalities: shown?.capabilities?.includes("vision") ? ["text", "image"] : undefined,
    features,
    isLoaded: loaded !== undefined,
    isAdapter: false,
  };
}

function createInspector(client: EngineClient): () => Promise<EngineReport> {
  let known = new Map<string, ShownModel>();
  return async () => {
    const [listing, loaded] = await Promise.all([fetchListing(client), readLoaded(client)]);
    const ids = listing.map(({ id }) => id);
    known = new Map([...known].filter(([id]) => ids.includes(id)));
    const unknown = ids.filter((id) => !known.has(id)).slice(0, showsAtOnce);
    await Promise.all(
      unknown.map(async (id) => {
        const shown = await show(client, id).catch(() => undefined);
        if (shown !== undefined) known.set(id, shown);
      }),
    );
    // One that can only embed has capabilities without completion.
    const models = ids
      .filter((id) => known.get(id)?.capabilities?.includes("completion") ?? true)
      .map((id) => toEngineModel(id, known.get(id), loaded.get(id)));
    return { models };
  };
}

const efforts: Readonly<Record<string, string>> = {
  none: "none",
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
};

export const ollama: EngineProfile = {
  name: "ollama",
  pages: ["/api/version", "/api/ps"],
  recognise(page) {
    const version = asString(asObject(page("/api/version")?.json)?.["version"]);
    const hasModels = Array.isArray(asObject(page("/api/ps")?.json)?.["models"]);
    return version !== undefined && hasModels && readListing(page("/v1/models")) !== undefined
      ? { version }
      : undefined;
  },
  createInspector,
  text: {
    ...openAiText,
    sampling: {
      maxTokens: "max_tokens",
      temperature: "temperature",
      topP: "top_p",
      frequencyPenalty: "frequency_penalty",
      presencePenalty: "presence_penalty",
      seed: openAiSampling.seed,
      stop: "stop",
    },
    topLogprobsMax: undefined,
    severalChoices: false,
    severalPrompts: false,
    developerRole: false,
    toolChoice: () => undefined,
    parallelToolCalls: false,
    reasoningEffort: (effort) => efforts[effort],
    features: ["tools", "json_mode", "structured_outputs"],
  },
  canary: "loaded",
};
