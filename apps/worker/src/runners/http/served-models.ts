/** An engine's models under the names that clients use. */
import { type ServedModel, servedModelSchema } from "@tera/protocol";
import type { EngineModel, EngineProfile } from "../engines/engine-profile.ts";
import { toPublicId } from "../engines/model-ids.ts";
import { samplingParameterNames } from "../engines/openai-request.ts";

export interface OfferedModel {
  served: ServedModel;
  engine: EngineModel;
}

export interface OfferOptions {
  profile: EngineProfile;
  /** Public id to the engine's, from the worker's file: then these are offered and no others. */
  names?: Readonly<Record<string, string>> | undefined;
  /** Epoch seconds for all of them: engines answer with the time of the request, which would change at every probe. */
  createdAtS: number;
}

/** @returns by public id, in the engine's order or the file's. */
export function offerModels(models: readonly EngineModel[], options: OfferOptions): Map<string, OfferedModel> {
  const offered = new Map<string, OfferedModel>();
  const offer = (id: string, engine: EngineModel) =>
    offered.set(id, { engine, served: toServedModel(id, engine, options) });

  if (options.names !== undefined) {
    for (const [id, wanted] of Object.entries(options.names)) {
      const engine = findModel(models, wanted);
      if (engine !== undefined) offer(id, engine);
    }
    return offered;
  }
  for (const engine of models) {
    // Of two with one public id (a model in two quantizations) the first has it, and the other keeps its own unless that is a path.
    if (!offered.has(engine.publicId)) offer(engine.publicId, engine);
    else if (!offered.has(engine.engineId) && !isPath(engine.engineId)) offer(engine.engineId, engine);
  }
  return offered;
}

/** By the engine's name for it, with or without Ollama's default tag, or by the public one. */
function findModel(models: readonly EngineModel[], wanted: string): EngineModel | undefined {
  return (
    models.find(({ engineId }) => engineId === wanted || engineId === `${wanted}:latest`) ??
    models.find(({ publicId }) => publicId === wanted)
  );
}

function isPath(engineId: string): boolean {
  return engineId.includes("\\") || (toPublicId(engineId) !== engineId && engineId.startsWith("/"));
}

function toServedModel(id: string, engine: EngineModel, { profile, createdAtS }: OfferOptions): ServedModel {
  const text = engine.kind === "text" ? profile.text : undefined;
  return servedModelSchema.parse({
    id,
    created: createdAtS,
    ownedBy: engine.ownedBy ?? "unknown",
    contextLength: engine.contextLength,
    quantization: engine.quantization,
    inputModalities: engine.inputModalities ?? ["text"],
    outputModalities: engine.kind === "speech" ? ["audio"] : ["text"],
    features: text === undefined ? [] : (engine.features ?? text.features),
    samplingParameters: text === undefined ? [] : samplingParameterNames(text),
  });
}
