/** OpenAI's legacy text completion: the request's schema. */
import { z } from "zod";
import { samplingFields, streamFields } from "./sampling.ts";

const promptsMax = 256;
const tokenId = z.number().int().nonnegative().max(2_147_483_647);

/** A string, strings, token ids, or lists of token ids. */
const promptSchema = z.union(
  [
    z.string(),
    z.array(z.string()).min(1).max(promptsMax),
    z.array(tokenId).min(1),
    z.array(z.array(tokenId).min(1)).min(1).max(promptsMax),
  ],
  { error: "must be a string, an array of strings, an array of token ids or an array of such arrays" },
);

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
