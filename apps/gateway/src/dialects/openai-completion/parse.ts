/** OpenAI's legacy text completion: body to canonical call. */
import {
  type CompletionGeneration,
  type CompletionRequestBody,
  choicesMax,
  completionRequestSchema,
  TeraError,
  toSampling,
} from "@tera/protocol";
import type { ParseCall } from "../dialect.ts";
import { parseBody } from "../parse-body.ts";
import { createCompletionStream } from "./stream.ts";
import { createCompletionWhole } from "./whole.ts";

/** OpenAI's own default for this endpoint. */
const maxTokensDefault = 16;
/** Prompts times `n`: each is a sequence of its own. */
const sequencesMax = 8 * choicesMax;

export const parseCompletionCall: ParseCall = (body) => {
  const completion = parseBody(completionRequestSchema, body);
  const request = toGeneration(completion);
  const choices = request.prompts.length * request.n;
  if (choices > sequencesMax) {
    throw new TeraError(
      "invalid_request",
      `prompt: ${request.prompts.length} prompts times n ${request.n} is over the limit of ${sequencesMax}.`,
      { param: "n" },
    );
  }
  if (completion.stream !== true) {
    return { request, answer: "whole", createRenderer: (context) => createCompletionWhole(context, completion.model) };
  }
  const includeUsage = completion.stream_options?.include_usage === true;
  return {
    request,
    answer: "pieces",
    createRenderer: (context) => createCompletionStream(context, completion.model, includeUsage),
  };
};

function toGeneration(completion: CompletionRequestBody): CompletionGeneration {
  const request: CompletionGeneration = {
    kind: "completion",
    model: completion.model,
    prompts: toPrompts(completion.prompt),
    echo: completion.echo === true,
    n: completion.n ?? 1,
    sampling: toSampling(completion, completion.max_tokens ?? maxTokensDefault, completion.logprobs ?? undefined),
  };
  if (completion.suffix != null && completion.suffix !== "") request.suffix = completion.suffix;
  return request;
}

/** A list of numbers is one prompt in token ids; every other list is a list of prompts. */
function toPrompts(prompt: CompletionRequestBody["prompt"]): (string | number[])[] {
  if (typeof prompt === "string") return [prompt];
  const tokens: number[] = [];
  const prompts: (string | number[])[] = [];
  for (const part of prompt) {
    if (typeof part === "number") tokens.push(part);
    else prompts.push(part);
  }
  return tokens.length > 0 ? [tokens] : prompts;
}
