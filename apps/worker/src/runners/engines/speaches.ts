/**
 * Speaches: speech models by their Hugging Face ids, beside models that listen. Source: https://speaches.ai/usage/text-to-speech/ and
 * src/speaches/routers/{models,speech}.py in github.com/speaches-ai/speaches (`task`, `voices`; `voice` must be given).
 */
import type { EngineProfile } from "./engine-profile.ts";
import { asObject, asString } from "./json-access.ts";
import { fetchListing, type ListedModel, readListing } from "./model-listing.ts";

const speaks = (model: ListedModel) => model.task === "text-to-speech";

export const speaches: EngineProfile = {
  name: "speaches",
  pages: [],
  recognise(page) {
    const listing = readListing(page("/v1/models")) ?? [];
    return listing.length > 0 && listing.every((model) => typeof model.task === "string") ? {} : undefined;
  },
  healthPath: "/health",
  createInspector: (client) => async () => ({
    models: (await fetchListing(client)).filter(speaks).map((model) => ({
      engineId: model.id,
      publicId: model.id,
      ownedBy: model.owned_by ?? undefined,
      kind: "speech",
      isLoaded: true,
      isAdapter: false,
      defaultVoice: asString(asObject(model.voices?.[0])?.["name"]),
    })),
  }),
  speech: { fields: ["speed"] },
  canary: "first",
};
