/** OpenAI Chat Completions: the request's schema, with Tera's limits. Unknown fields are dropped, never forwarded. */
import { z } from "zod";
import { samplingFields, streamFields, tokenCountSchema } from "./sampling.ts";

const messagesMax = 100_000;
const toolsMax = 512;
const toolNameSchema = z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/, "must be 1 to 128 letters, digits, _, . or -");

/** A JSON object of the client's: passed on, never interpreted beyond what the runner needs. */
const jsonObject = z.record(z.string(), z.unknown());

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const refusalPart = z.object({ type: z.literal("refusal"), refusal: z.string() });
const imagePart = z.object({
  type: z.literal("image_url"),
  image_url: z.object({
    // A URL would have to be fetched from inside the operator's network on behalf of a stranger.
    url: z.string().startsWith("data:", "images are accepted as data: URLs only"),
    detail: z.enum(["auto", "low", "high"]).nullish(),
  }),
});

const textContent = z.union([z.string(), z.array(textPart)], { error: "must be a string or an array of text parts" });
const userContent = z.union([z.string(), z.array(z.discriminatedUnion("type", [textPart, imagePart])).min(1)], {
  error: "must be a string or an array of content parts",
});
const assistantContent = z.union([z.string(), z.array(z.discriminatedUnion("type", [textPart, refusalPart]))], {
  error: "must be a string or an array of content parts",
});

const toolCallSchema = z.object({
  id: z.string().max(256),
  type: z.literal("function"),
  function: z.object({ name: toolNameSchema, arguments: z.string() }),
});

const name = z.string().max(256).nullish();

export const chatMessageSchema = z.discriminatedUnion(
  "role",
  [
    z.object({ role: z.literal("system"), content: textContent, name }),
    z.object({ role: z.literal("developer"), content: textContent, name }),
    z.object({ role: z.literal("user"), content: userContent, name }),
    z.object({
      role: z.literal("assistant"),
      content: assistantContent.nullish(),
      name,
      reasoning_content: z.string().nullish(),
      tool_calls: z.array(toolCallSchema).nullish(),
    }),
    z.object({ role: z.literal("tool"), content: textContent, tool_call_id: z.string().max(256) }),
  ],
  { error: "role must be system, developer, user, assistant or tool" },
);

export const toolSchema = z.object({
  type: z.literal("function"),
  function: z.object({
    name: toolNameSchema,
    description: z.string().nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
});

export const toolChoiceSchema = z.union(
  [
    z.enum(["none", "auto", "required"]),
    z.object({ type: z.literal("function"), function: z.object({ name: toolNameSchema }) }),
  ],
  { error: 'must be "none", "auto", "required" or {"type": "function", "function": {"name": ...}}' },
);

export const responseFormatSchema = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("text") }),
    z.object({ type: z.literal("json_object") }),
    z.object({
      type: z.literal("json_schema"),
      json_schema: z.object({
        name: z.string().min(1).max(64),
        description: z.string().nullish(),
        schema: jsonObject,
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  { error: "type must be text, json_object or json_schema" },
);

export const chatRequestSchema = z
  .object({
    model: z.string().min(1).max(512),
    messages: z.array(chatMessageSchema).min(1).max(messagesMax),
    ...samplingFields,
    ...streamFields,
    max_completion_tokens: tokenCountSchema.nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.number().int().min(0).max(20).nullish(),
    tools: z.array(toolSchema).max(toolsMax).nullish(),
    tool_choice: toolChoiceSchema.nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    response_format: responseFormatSchema.nullish(),
    reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
  })
  .superRefine((body, context) => {
    if (body.top_logprobs != null && body.logprobs !== true) {
      context.addIssue({ code: "custom", path: ["top_logprobs"], message: "needs logprobs: true" });
    }
    const forcesTool = body.tool_choice === "required" || typeof body.tool_choice === "object";
    if (forcesTool && body.tool_choice !== null && !body.tools?.length) {
      context.addIssue({ code: "custom", path: ["tool_choice"], message: "needs tools to choose from" });
    }
    if (body.tool_choice !== null && typeof body.tool_choice === "object") {
      const wanted = body.tool_choice.function.name;
      if (body.tools?.length && !body.tools.some((tool) => tool.function.name === wanted)) {
        context.addIssue({
          code: "custom",
          path: ["tool_choice"],
          message: `names ${wanted}, which is not among tools`,
        });
      }
    }
  });

export type ChatRequestBody = z.infer<typeof chatRequestSchema>;
