/** The catalog: what can be asked for, as clients see it, and for operators also where that comes from. */

import { z } from "zod";
import { pageOf, pageQuery } from "./page.ts";
import { priceAmounts } from "./prices.ts";
import { liveRunnerStates } from "./workers.ts";

export const modelFeatureSchema = z.enum(["tools", "json_mode", "structured_outputs", "reasoning", "logprobs"]);
export const inputModalitySchema = z.enum(["text", "image", "audio"]);
export const outputModalitySchema = z.enum(["text", "audio"]);
export const reasoningFieldSchema = z.enum(["reasoning_content", "reasoning", "both"]);
const tokens = z.number().int().min(1).max(1_000_000_000);

/** What clients are told of a model. */
export const modelProfileSchema = z.object({
  /** Other names that it can be asked for by. */
  aliases: z.array(z.string()),
  name: z.string(),
  description: z.string(),
  huggingFaceId: z.string().nullable(),
  ownedBy: z.string(),
  /** Tokens that prompt and answer may have together; null: nobody says. */
  contextLength: tokens.nullable(),
  /** Tokens that an answer may have; null: nobody says. */
  maxOutputLength: tokens.nullable(),
  inputModalities: z.array(inputModalitySchema),
  outputModalities: z.array(outputModalitySchema),
  quantization: z.string().nullable(),
  features: z.array(modelFeatureSchema),
  samplingParameters: z.array(z.string()),
  /** Where chat answers carry its reasoning. */
  reasoningField: reasoningFieldSchema,
});
export type ModelProfile = z.infer<typeof modelProfileSchema>;

/** What a request is charged now. */
export const modelPriceSchema = z.object(priceAmounts);
export type ModelPrice = z.infer<typeof modelPriceSchema>;

/** What can be set of a model, over what its runners say. */
export const modelFieldSchema = z.enum([
  "aliases",
  "name",
  "description",
  "huggingFaceId",
  "ownedBy",
  "contextLength",
  "maxOutputLength",
  "inputModalities",
  "outputModalities",
  "quantization",
  "features",
  "reasoningField",
  "alwaysListed",
]);
export type ModelField = z.infer<typeof modelFieldSchema>;

/** served: takes requests now. away: no runner takes its requests now. */
export const modelStateSchema = z.enum(["served", "away"]);

/** For operators only. */
const operationSchema = z.object({
  /** Runners that name it, and those of them that take requests now. */
  runners: z.number().int(),
  runnersReady: z.number().int(),
  /** Of the ready ones, shared with the other models of the same runner. */
  slots: z.number().int(),
  busy: z.number().int(),
  /** Since midnight UTC. */
  requestsToday: z.number().int(),
  /** What the operator set. */
  set: z.array(modelFieldSchema),
});

export const modelSchema = modelProfileSchema.extend({
  id: z.string(),
  state: modelStateSchema,
  /** In `GET /v1/models` now, as far as it has a price or needs none. */
  listed: z.boolean(),
  /** Null: it has none. */
  price: modelPriceSchema.nullable(),
  /** Null: to customers. */
  operation: operationSchema.nullable(),
});
export type Model = z.infer<typeof modelSchema>;

export const modelListQuery = pageQuery(["id", "contextLength", "requestsToday"], "id").extend({
  state: modelStateSchema.optional(),
  price: z.enum(["priced", "unpriced"]).optional(),
});
export const modelPageSchema = pageOf(modelSchema);

/** The longest id that can be asked for. */
export const modelIdLengthMax = 512;

const aliasesMax = 50;

/** Each null: what its runners say. */
const settingsShape = {
  aliases: z
    .array(z.string().regex(/^[^\s\p{Cc}]{1,512}$/u, "must be names without spaces, of 512 characters at most"))
    .min(1, "must name one")
    .max(aliasesMax)
    .nullable(),
  name: oneLine(200).nullable(),
  description: z.string().trim().min(1, "is needed").max(4_000).nullable(),
  huggingFaceId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/, "must be owner/name, such as Qwen/Qwen2.5-7B-Instruct")
    .nullable(),
  ownedBy: oneLine(200).nullable(),
  contextLength: tokens.nullable(),
  maxOutputLength: tokens.nullable(),
  inputModalities: z.array(inputModalitySchema).min(1, "must name one").max(3).nullable(),
  outputModalities: z.array(outputModalitySchema).min(1, "must name one").max(2).nullable(),
  quantization: oneLine(64).nullable(),
  features: z.array(modelFeatureSchema).max(5).nullable(),
  reasoningField: reasoningFieldSchema.nullable(),
  /** Listed also while no runner serves it. */
  alwaysListed: z.boolean(),
};
export const modelSettingsSchema = z.object(settingsShape);
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

/** `PATCH /models/{id}`: what is not named stays as it is; null gives it back to the runners. */
export const modelChangeSchema = z.strictObject(settingsShape).partial();
export type ModelChange = z.infer<typeof modelChangeSchema>;

/** One runner that names the model, and what it says of it. */
const servingSchema = z.object({
  workerId: z.string(),
  runnerId: z.string(),
  engine: z.string(),
  engineVersion: z.string().nullable(),
  state: z.enum(liveRunnerStates),
  /** Its worker is stopping. */
  draining: z.boolean(),
  slots: z.number().int(),
  busy: z.number().int(),
  contextLength: tokens.nullable(),
  quantization: z.string().nullable(),
  features: z.array(modelFeatureSchema),
});
export type ModelServing = z.infer<typeof servingSchema>;

/** `GET /models/{id}` */
export const modelDetailsSchema = modelSchema.extend({
  /** Null: to customers. */
  origin: z
    .object({
      /** Null: no runner names it. */
      fromRunners: modelProfileSchema.nullable(),
      settings: modelSettingsSchema,
      servings: z.array(servingSchema),
    })
    .nullable(),
});
export type ModelDetails = z.infer<typeof modelDetailsSchema>;

function oneLine(lengthMax: number) {
  return z
    .string()
    .trim()
    .min(1, "is needed")
    .max(lengthMax)
    .regex(/^\P{Cc}*$/u, "must be one line of plain text");
}
