/** OpenAI's legacy text completion: the request's schema. */
import { z } from "zod";
import { samplingFields, streamFields } from "./sampling.ts";

const promptsMax = 256;
const tokenIdMax = 2_147_483_647;

type Prompt = string | string[] | number[] | number[][];

/**
 * A string, strings, token ids, or lists of token ids. Looked at by hand: a union would try four schemas on a million ids, and name the wrong one.
 */
const promptSchema = z.unknown().transform((value, context): Prompt => {
  const problem = findPromptProblem(value);
  if (problem === undefined && isPrompt(value)) return value;
  context.addIssue({ code: "custom", message: problem ?? promptShape });
  return z.NEVER;
});

const promptShape = "must be a string, an array of strings, an array of token ids or an array of such arrays";

function findPromptProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  if (value.length === 0) return "must not be empty";
  const isOnePrompt = typeof value[0] === "number";
  return !isOnePrompt && value.length > promptsMax
    ? `has ${value.length} prompts; at most ${promptsMax} are accepted`
    : undefined;
}

function isPrompt(value: unknown): value is Prompt {
  if (typeof value === "string") return true;
  if (!Array.isArray(value)) return false;
  return value.every((part) => typeof part === "string") || isTokenIds(value) || value.every(isTokenIds);
}

function isTokenIds(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id) && id >= 0 && id <= tokenIdMax)
  );
}

export const completionRequestSchema = z.object({
  model: z.string().min(1).max(512),
  prompt: promptSchema,
  ...samplingFields,
  ...streamFields,
  echo: z.boolean().nullish(),
  suffix: z.string().nullish(),
  logprobs: z.number().int().min(0).max(20).nullish(),
});
export type CompletionRequestBody = z.infer<typeof completionRequestSchema>;
