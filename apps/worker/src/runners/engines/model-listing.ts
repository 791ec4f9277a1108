/** `GET /v1/models`, the page that all engines have, with the fields that some of them add. */
import { z } from "zod";
import { type EngineClient, EngineIllError, type EnginePage } from "./engine-client.ts";
import type { EngineModel } from "./engine-profile.ts";
import { isHuggingFaceId, toPublicId } from "./model-ids.ts";

/** More than any server of one's own has; a hosted service with more is to be narrowed by `models:`. */
const modelsMax = 1_024;

const listedModelSchema = z.object({
  id: z.string().min(1),
  owned_by: z.string().nullish(),
  /** vLLM and SGLang: tokens. */
  max_model_len: z.number().int().positive().nullish(),
  /** vLLM and SGLang: what was loaded, when `id` is an alias. */
  root: z.string().nullish(),
  /** vLLM and SGLang: the base model of an adapter. */
  parent: z.string().nullish(),
  /** Speaches. */
  task: z.string().nullish(),
  voices: z.array(z.unknown()).nullish(),
});
export type ListedModel = z.infer<typeof listedModelSchema>;

/** Ollama without any model says `null`. */
const listingSchema = z.object({ data: z.array(listedModelSchema).max(modelsMax).nullable() });

/** Undefined for a page that is no model listing. */
export function readListing(page: EnginePage | undefined): ListedModel[] | undefined {
  if (page?.status !== 200) return undefined;
  const parsed = listingSchema.safeParse(page.json);
  return parsed.success ? (parsed.data.data ?? []) : undefined;
}

/** @throws {EngineIllError} saying what is wrong with the listing. */
export async function fetchListing(client: EngineClient): Promise<ListedModel[]> {
  const parsed = listingSchema.safeParse(await client.read("/v1/models"));
  if (!parsed.success) throw new EngineIllError("/v1/models is no model listing");
  return parsed.data.data ?? [];
}

/** True when at least one model, and no other owner's, is there. */
export function isOwnedBy(listing: readonly ListedModel[] | undefined, owner: string): boolean {
  return listing !== undefined && listing.length > 0 && listing.every((model) => model.owned_by === owner);
}

export function toTextModel(listed: ListedModel): EngineModel {
  const isAdapter = listed.parent != null;
  // An alias hides which model it is; the name that it was loaded by says it. An adapter's is the path of its files.
  const isAlias = !isAdapter && !isHuggingFaceId(listed.id) && listed.root != null && isHuggingFaceId(listed.root);
  return {
    engineId: listed.id,
    publicId: isAlias && listed.root != null ? listed.root : toPublicId(listed.id),
    ownedBy: listed.owned_by ?? undefined,
    kind: "text",
    contextLength: listed.max_model_len ?? undefined,
    isLoaded: true,
    isAdapter,
  };
}
