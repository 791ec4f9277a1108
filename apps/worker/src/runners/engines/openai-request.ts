/**
 * A canonical request in the words of one engine: OpenAI's, changed as the engine's dialect says. An allow-list: nothing else ever reaches one.
 */
import {
  type ChatGeneration,
  type ChatMessage,
  type CompletionGeneration,
  type Sampling,
  type SpeechGeneration,
  TeraError,
} from "@tera/protocol";
import type { EngineModel, SpeechDialect, TextDialect } from "./engine-profile.ts";
import { extendedSampling } from "./openai-dialect.ts";

export type RequestBody = Record<string, unknown>;

/** @throws {TeraError} `unsupported_parameter` for what would silently give another answer than the one asked for. */
export function toChatBody(request: ChatGeneration, model: EngineModel, dialect: TextDialect): RequestBody {
  refuseChoices(request.n, dialect);
  const { sampling } = request;
  const body: RequestBody = {
    model: model.engineId,
    messages: dialect.developerRole ? request.messages : request.messages.map(toSystemRole),
    ...streamed(dialect),
    ...toSamplingBody(sampling, dialect),
  };
  if (request.n > 1) body["n"] = request.n;
  if (sampling.logprobs !== undefined && dialect.topLogprobsMax !== undefined) {
    body["logprobs"] = true;
    body["top_logprobs"] = Math.min(sampling.logprobs, dialect.topLogprobsMax);
  }
  addTools(body, request, dialect);
  if (request.responseFormat !== undefined)
    set(body, "response_format", dialect.responseFormat(request.responseFormat));
  if (request.reasoningEffort !== undefined)
    set(body, "reasoning_effort", dialect.reasoningEffort(request.reasoningEffort));
  dialect.adjust?.(body);
  return body;
}

export function toCompletionBody(request: CompletionGeneration, model: EngineModel, dialect: TextDialect): RequestBody {
  refuseChoices(request.n, dialect);
  const [first] = request.prompts;
  if (!dialect.severalPrompts && (request.prompts.length > 1 || typeof first !== "string")) {
    throw new TeraError("unsupported_parameter", "This model takes one prompt at a time, as text.", {
      param: "prompt",
    });
  }
  const { sampling } = request;
  const body: RequestBody = {
    model: model.engineId,
    prompt: request.prompts.length === 1 ? first : request.prompts,
    ...streamed(dialect),
    ...toSamplingBody(sampling, dialect),
  };
  if (request.n > 1) body["n"] = request.n;
  if (request.echo) body["echo"] = true;
  if (request.suffix !== undefined) body["suffix"] = request.suffix;
  if (sampling.logprobs !== undefined && dialect.topLogprobsMax !== undefined)
    body["logprobs"] = Math.min(sampling.logprobs, dialect.topLogprobsMax);
  dialect.adjust?.(body);
  return body;
}

export function toSpeechBody(request: SpeechGeneration, model: EngineModel, dialect: SpeechDialect): RequestBody {
  const body: RequestBody = { model: model.engineId, input: request.input, response_format: request.format };
  set(body, "voice", request.voice ?? model.defaultVoice);
  const optional = { speed: request.speed, lang_code: request.langCode, instructions: request.instructions };
  for (const field of dialect.fields) set(body, field, optional[field]);
  return body;
}

/** The parameters that reach an engine of this dialect, in our API's names, for the model listing. */
export function samplingParameterNames(dialect: TextDialect): string[] {
  const names = samplingNames
    .filter((name) => dialect.sampling[name] !== undefined)
    .map((name) => extendedSampling[name]);
  return dialect.topLogprobsMax === undefined ? names : [...names, "logprobs", "top_logprobs"];
}

/** Always streamed: a stream can be cancelled, has deadlines, and is counted even when it is cut. */
function streamed({ streamUsage }: TextDialect): RequestBody {
  if (streamUsage === "continuous")
    return { stream: true, stream_options: { include_usage: true, continuous_usage_stats: true } };
  const body = { stream: true, stream_options: { include_usage: true } };
  return streamUsage === "timings" ? { ...body, timings_per_token: true } : body;
}

const samplingNames = [
  "maxTokens",
  "temperature",
  "topP",
  "topK",
  "minP",
  "repetitionPenalty",
  "frequencyPenalty",
  "presencePenalty",
  "seed",
  "stop",
  "logitBias",
] as const satisfies readonly (keyof Sampling)[];

function toSamplingBody(sampling: Sampling, dialect: TextDialect): RequestBody {
  const body: RequestBody = {};
  for (const ours of samplingNames) {
    const theirs = dialect.sampling[ours];
    if (theirs !== undefined) set(body, theirs, sampling[ours]);
  }
  return body;
}

function addTools(body: RequestBody, request: ChatGeneration, dialect: TextDialect): void {
  const { tools, parallelToolCalls } = request;
  if (tools === undefined) return;
  // TensorRT-LLM's default is none, not auto as everywhere else: it is always said.
  const choice = request.toolChoice ?? "auto";
  const told = dialect.toolChoice(choice);
  // An engine that cannot be told to call none is given none.
  if (choice === "none" && told === undefined) return;
  // One that cannot be told which is given that one alone.
  const named = typeof choice === "object" && typeof told !== "object" ? choice.function.name : undefined;
  body["tools"] = named === undefined ? tools : tools.filter((tool) => tool.function.name === named);
  set(body, "tool_choice", told);
  if (dialect.parallelToolCalls) set(body, "parallel_tool_calls", parallelToolCalls);
}

function toSystemRole(message: ChatMessage): ChatMessage {
  return message.role === "developer" ? { ...message, role: "system" } : message;
}

/** An engine that ignores `n` would leave choices without an end. */
function refuseChoices(n: number, dialect: TextDialect): void {
  if (n === 1 || dialect.severalChoices) return;
  throw new TeraError("unsupported_parameter", "This model makes one choice at a time: leave n at 1.", { param: "n" });
}

function set(body: RequestBody, name: string, value: unknown): void {
  if (value !== undefined) body[name] = value;
}
