/**
 * Kokoro-FastAPI: one speech model under three names. Source: https://github.com/remsky/Kokoro-FastAPI (README, api/src/routers/openai_compatible.py).
 */
import type { EngineProfile } from "./engine-profile.ts";
import { asObject } from "./json-access.ts";
import { fetchListing, isOwnedBy, readListing } from "./model-listing.ts";

export const kokoro: EngineProfile = {
  name: "kokoro",
  pages: ["/v1/audio/voices"],
  recognise(page) {
    const voices = asObject(page("/v1/audio/voices")?.json)?.["voices"];
    return isOwnedBy(readListing(page("/v1/models")), "kokoro") && Array.isArray(voices) ? {} : undefined;
  },
  healthPath: "/health",
  createInspector: (client) => async () => {
    const listing = await fetchListing(client);
    // `tts-1` and `tts-1-hd` are other names for it.
    const model = listing.find(({ id }) => id === "kokoro") ?? listing[0];
    if (model === undefined) return { models: [] };
    return {
      models: [
        {
          engineId: model.id,
          publicId: "hexgrad/Kokoro-82M",
          ownedBy: "hexgrad",
          kind: "speech",
          isLoaded: true,
          isAdapter: false,
        },
      ],
    };
  },
  speech: { fields: ["speed", "lang_code"] },
  canary: "first",
};
