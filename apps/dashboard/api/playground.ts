/** The playground: the public API, asked in the name of an account by who is signed in. */

import { amountSchema } from "@tera/admin-api/page";
import { z } from "zod";

/** `GET /admin/api/playground/:accountId`: where customers call the API. */
export const playgroundSchema = z.object({ apiUrl: z.string() });

/** `GET /admin/api/playground/:accountId/models`, as the public API lists them. */
export const playgroundModelsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullish(),
      context_length: z.number().nullish(),
      output_modalities: z.array(z.string()).default(["text"]),
      supported_features: z.array(z.string()).default([]),
    }),
  ),
});
export type PlaygroundModel = z.infer<typeof playgroundModelsSchema>["data"][number];

/** `GET /admin/api/playground/:accountId/requests/:requestId`: what one answer cost and took. Not there until its usage is booked. */
export const playgroundCostSchema = z.object({
  charge: amountSchema,
  promptTokens: z.number(),
  cachedTokens: z.number(),
  completionTokens: z.number(),
  reasoningTokens: z.number(),
  speechCharacters: z.number(),
  /** Milliseconds; null: it never came that far. */
  queueMs: z.number().nullable(),
  ttftMs: z.number().nullable(),
  totalMs: z.number(),
});
export type PlaygroundCost = z.infer<typeof playgroundCostSchema>;
