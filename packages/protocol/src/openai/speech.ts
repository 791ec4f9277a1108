/** OpenAI's text-to-speech: the request's schema. */
import { z } from "zod";
import { speechFormats } from "../generation-request.ts";

export const speechRequestSchema = z.object({
  model: z.string().min(1).max(512),
  input: z.string().min(1).max(1_000_000),
  voice: z.string().min(1).max(256).nullish(),
  response_format: z.enum(speechFormats).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  lang_code: z.string().max(32).nullish(),
  instructions: z.string().max(100_000).nullish(),
  stream_format: z.enum(["audio", "sse"]).nullish(),
});
export type SpeechRequestBody = z.infer<typeof speechRequestSchema>;
