/**
 * LM Studio. Sources: https://lmstudio.ai/docs/developer/openai-compat/chat-completions (supported fields, `repeat_penalty`),
 * https://lmstudio.ai/docs/developer/openai-compat/structured-output (`json_schema`, no `json_object`), https://lmstudio.ai/docs/developer/rest/endpoints
 * (`/api/v0/models`: type, state, context length), https://lmstudio.ai/docs/developer/api-changelog (`reasoning_content`, `tool_choice`, usage in streams).
 *
 * It loads models on demand: only one in memory may get a canary. To a path that it does not have it answers 200 with `error`.
 */
import { type EngineClient, EngineIllError } from "./engine-client.ts";
import type { EngineModel, EngineProfile, EngineReport } from "./engine-profile.ts";
import { asArray, asCount, asObject, asString } from "./json-access.ts";
import { toPublicId } from "./model-ids.ts";
import { readListing } from "./model-listing.ts";
import { openAiSampling, openAiText } from "./openai-dialect.ts";

const types: ReadonlySet<unknown> = new Set(["llm", "vlm"]);

function toEngineModel(value: unknown): EngineModel[] {
  const entry = asObject(value);
  const id = asString(entry?.["id"]);
  if (entry === undefined || id === undefined || !types.has(entry["type"])) return [];
  return [
    {
      engineId: id,
      publicId: toPublicId(id),
      ownedBy: asString(entry["publisher"]),
      kind: "text",
      // What it was loaded with, when it is; else what it can have.
      contextLength: asCount(entry["loaded_context_length"]) || asCount(entry["max_context_length"]) || undefined,
      quantization: asString(entry["quantization"]),
      inputModalities: entry["type"] === "vlm" ? ["text", "image"] : undefined,
      isLoaded: entry["state"] === "loaded",
      isAdapter: false,
    },
  ];
}

async function inspect(client: EngineClient): Promise<EngineReport> {
  const listing = asObject(await client.read("/api/v0/models"));
  if (!Array.isArray(listing?.["data"])) throw new EngineIllError("/api/v0/models is no model listing");
  return { models: asArray(listing["data"]).flatMap(toEngineModel) };
}

export const lmstudio: EngineProfile = {
  name: "lmstudio",
  pages: ["/api/v0/models"],
  recognise(page) {
    const own = asObject(page("/api/v0/models")?.json);
    const models: unknown = own?.["data"];
    if (own?.["object"] !== "list" || !Array.isArray(models)) return undefined;
    const haveState = models.every((model: unknown) => asString(asObject(model)?.["state"]) !== undefined);
    return haveState && readListing(page("/v1/models")) !== undefined ? {} : undefined;
  },
  createInspector: (client) => () => inspect(client),
  text: {
    ...openAiText,
    sampling: { ...openAiSampling, topK: "top_k", repetitionPenalty: "repeat_penalty" },
    topLogprobsMax: undefined,
    severalChoices: false,
    severalPrompts: false,
    developerRole: false,
    responseFormat: (format) =>
      format.type === "json_object"
        ? { type: "json_schema", json_schema: { name: "object", schema: { type: "object" } } }
        : format,
    toolChoice: (choice) => (typeof choice === "string" ? choice : "required"),
    parallelToolCalls: false,
    features: ["tools", "json_mode", "structured_outputs"],
  },
  canary: "loaded",
};
