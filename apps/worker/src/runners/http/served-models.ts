/** What an engine's `GET /v1/models` says, as the models that this worker serves. */
import { type ServedModel, servedModelSchema } from "@tera/protocol";
import { z } from "zod";
import { samplingParameterNames } from "../engines/openai-request.ts";

const modelsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      owned_by: z.string().optional(),
      /** vLLM and SGLang. */
      max_model_len: z.number().int().positive().nullish(),
    }),
  ),
});

/**
 * @param createdAtS epoch seconds for all of them: engines answer with the time of the request, which would change at every probe.
 * @returns an empty list when the answer is no model listing.
 */
export function readServedModels(text: string, createdAtS: number): ServedModel[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const parsed = modelsSchema.safeParse(json);
  if (!parsed.success) return [];
  return parsed.data.data.map((model) =>
    servedModelSchema.parse({
      id: model.id,
      created: createdAtS,
      ownedBy: model.owned_by ?? "unknown",
      contextLength: model.max_model_len ?? undefined,
      inputModalities: ["text"],
      outputModalities: ["text"],
      features: ["tools", "json_mode", "structured_outputs", "logprobs"],
      samplingParameters: samplingParameterNames,
    }),
  );
}
