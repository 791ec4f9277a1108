/** What the fake runner reads of a request, in vLLM's own, looser, terms; everything else passes unread, as vLLM lets it. */
import { z } from "zod";

const toolFunction = z.looseObject({ name: z.string(), arguments: z.string() });
const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  tool_calls: z.array(z.looseObject({ id: z.string(), function: toolFunction })).nullish(),
});
export type ChatMessageBody = z.infer<typeof messageSchema>;

const common = {
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish(), continuous_usage_stats: z.boolean().nullish() })
    .nullish(),
  n: z.number().int().min(1).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
};

export const chatBodySchema = z.looseObject({
  ...common,
  messages: z.array(messageSchema).min(1),
  max_tokens: z.number().int().nullish(),
  max_completion_tokens: z.number().int().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.literal("function"),
        function: z.looseObject({ name: z.string(), parameters: z.unknown() }),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([
      z.enum(["none", "auto", "required"]),
      z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.looseObject({ schema: z.unknown() }).nullish() })
    .nullish(),
  reasoning_effort: z.string().nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
  continue_final_message: z.boolean().nullish(),
});
export type ChatBody = z.infer<typeof chatBodySchema>;

const tokenIds = z.array(z.number().int().min(0)).min(1);
export const completionBodySchema = z.looseObject({
  ...common,
  prompt: z.union([z.string(), z.array(z.string()).min(1), tokenIds, z.array(tokenIds).min(1)]),
  max_tokens: z.number().int().min(0).nullish(),
  echo: z.boolean().nullish(),
  suffix: z.string().nullish(),
  logprobs: z.number().int().nullish(),
});
export type CompletionBody = z.infer<typeof completionBodySchema>;

export const speechBodySchema = z.looseObject({
  model: z.string().nullish(),
  input: z.string(),
  voice: z.string().nullish(),
  response_format: z.string().nullish(),
  speed: z.number().nullish(),
});
