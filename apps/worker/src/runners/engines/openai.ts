/** Any server that speaks OpenAI's API: nothing is known of it but that. */
import type { EngineProfile } from "./engine-profile.ts";
import { fetchListing, readListing, toTextModel } from "./model-listing.ts";
import { extendedSampling, openAiText } from "./openai-dialect.ts";

export const openai: EngineProfile = {
  name: "openai",
  pages: [],
  recognise(page) {
    const listing = readListing(page("/v1/models"));
    return listing !== undefined && listing.length > 0 ? {} : undefined;
  },
  createInspector: (client) => async () => ({ models: (await fetchListing(client)).map(toTextModel) }),
  // Servers that do not know the additions ignore them, as OpenAI's clients may send what is newer than the server.
  text: { ...openAiText, sampling: extendedSampling },
  speech: { fields: ["speed", "lang_code", "instructions"] },
  canary: "single",
};
