/** What can be set on a fake runner, at its start and while it runs (`POST /_control`). */
import { z } from "zod";
import { dialectNames } from "./dialects/dialect-names.ts";
import { badRequest, parseBody } from "./engine-error.ts";
import { faultListSchema } from "./faults/fault.ts";

export const settingsSchema = z.object({
  /** The engine that it plays, see dialects/dialect.ts. */
  dialect: z.enum(dialectNames),
  /** How it fares, told in the dialect's own words where it has any. */
  condition: z.enum(["serving", "loading", "overloaded"]),
  /** Model ids that it serves. */
  models: z.array(z.string().min(1)).min(1),
  /** Tokens that prompt and answer may have together. */
  maxModelLen: z.number().int().positive(),
  /** From admission to a slot until the first token. Milliseconds. */
  ttftMs: z.number().min(0),
  /** Between two steps of the engine; every running sequence gets its next token in the same step. Milliseconds, 0: as fast as it can. */
  msPerToken: z.number().min(0),
  /** Requests that run at once; more wait. */
  slots: z.number().int().positive(),
  /** Tokens after which an answer ends by itself; null: as many as max_tokens asks for, 16 when it does not. */
  tokens: z.number().int().min(0).nullable(),
  /** Tokens that one step adds to a sequence (and that one chunk carries), as with speculative decoding. */
  tokensPerStep: z.number().int().positive(),
  /** Cuts what is written into pieces of so many bytes, through characters and events alike; 0: one piece per step. */
  bytesPerWrite: z.number().int().min(0),
  /** How reasoning is told: in the field of recent or of older vLLM, or as raw tags in the text (no reasoning parser). */
  reasoningStyle: z.enum(["reasoning", "reasoning_content", "tags"]),
  /** No parser for tool calls: they are left in the text, as the models of these families write them. */
  rawTools: z.enum(["none", "hermes", "qwen3_coder"]),
  /** Tokens between the tags. */
  reasoningTokens: z.number().int().min(0),
  /** Sound made per character of a speech input. Milliseconds. */
  speechMsPerCharacter: z.number().positive(),
  /** When set, requests under /v1 need it as a bearer token (vLLM's --api-key). */
  apiKey: z.string().nullable(),
  /** What goes wrong, see faults/fault.ts; null: nothing. */
  faults: faultListSchema,
});
export type FakeRunnerSettings = z.infer<typeof settingsSchema>;

type SettingsInput = z.input<typeof settingsSchema>;
export type FakeRunnerSettingsChange = { [Name in keyof SettingsInput]?: SettingsInput[Name] | undefined };

export const defaultSettings: Readonly<FakeRunnerSettings> = Object.freeze({
  dialect: "vllm",
  condition: "serving",
  models: ["fake/echo-1b"],
  maxModelLen: 131_072,
  ttftMs: 0,
  msPerToken: 0,
  slots: 256,
  tokens: null,
  tokensPerStep: 1,
  bytesPerWrite: 0,
  reasoningStyle: "reasoning",
  rawTools: "none",
  reasoningTokens: 8,
  speechMsPerCharacter: 20,
  apiKey: null,
  faults: null,
});

/** Length of an answer when neither the settings nor the request say one. */
export const defaultAnswerTokens = 16;

const settingNames: ReadonlySet<string> = new Set(Object.keys(settingsSchema.shape));

/**
 * @param change unchecked; what is undefined stays as it was.
 * @throws {EngineError} naming the setting that does not exist or is out of bounds.
 */
export function changeSettings(settings: FakeRunnerSettings, change: unknown): FakeRunnerSettings {
  if (typeof change !== "object" || change === null) throw badRequest("settings are a JSON object");
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  for (const [name] of given) if (!settingNames.has(name)) throw badRequest(`no setting is called ${name}`, name);
  return parseBody(settingsSchema, { ...settings, ...Object.fromEntries(given) });
}
