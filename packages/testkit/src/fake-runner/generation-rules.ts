/** The rules that chat and text completion share: which values vLLM refuses, how much may be generated, when usage is told. */
import type { ChatBody, CompletionBody } from "./bodies.ts";
import { badRequest, EngineError } from "./engine-error.ts";
import type { AnswerUsage } from "./generate.ts";
import type { FakeRunnerSettings } from "./settings.ts";

type GenerationBody = ChatBody | CompletionBody;

const choicesMax = 256;

/** @throws {EngineError} as vLLM does for what its sampler cannot do. */
export function checkSampling(body: GenerationBody, settings: FakeRunnerSettings): void {
  if (body.model != null && !settings.models.includes(body.model)) {
    throw new EngineError(404, "NotFoundError", `The model \`${body.model}\` does not exist.`, "model");
  }
  if (body.temperature != null && body.temperature < 0) {
    throw badRequest(`temperature must be non-negative, got ${body.temperature}.`, "temperature");
  }
  if (body.top_p != null && (body.top_p <= 0 || body.top_p > 1)) {
    throw badRequest(`top_p must be in (0, 1], got ${body.top_p}.`, "top_p");
  }
  if (body.n != null && body.n > choicesMax) throw badRequest(`n must be at most ${choicesMax}, got ${body.n}.`, "n");
  if (body.stream_options != null && body.stream !== true) {
    throw badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
  }
}

/** @returns the tokens that may be generated. @throws {EngineError} when prompt and answer do not fit the context. */
export type TokenBudget = (settings: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined) => number;

/** What an engine does with a request in a way of its own; where it says nothing, it does as vLLM. */
export interface EngineRules {
  budget?: TokenBudget;
  /** The stop string is the last of the text. */
  keepsStop?: boolean;
}

/** vLLM's `TokenBudget`. */
export function completionBudget(
  settings: FakeRunnerSettings,
  promptTokens: number,
  maxTokens: number | undefined,
): number {
  const room = settings.maxModelLen - promptTokens;
  if (maxTokens !== undefined && maxTokens < 0)
    throw badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, "max_tokens");
  if (room < 1 || (maxTokens !== undefined && maxTokens > room)) {
    const wanted = maxTokens === undefined ? "" : ` and ${maxTokens} output tokens`;
    throw badRequest(
      `This model's maximum context length is ${settings.maxModelLen} tokens. However, your request has ${promptTokens} input tokens${wanted}. Please reduce the length of the input messages.`,
      "input_tokens",
    );
  }
  return maxTokens ?? room;
}

export function stopStrings(body: GenerationBody): string[] {
  if (body.stop == null) return [];
  return (typeof body.stop === "string" ? [body.stop] : body.stop).filter((stop) => stop !== "");
}

export function wantsUsage(body: GenerationBody): { final: boolean; continuous: boolean } {
  const final = body.stream_options?.include_usage === true;
  return { final, continuous: final && body.stream_options?.continuous_usage_stats === true };
}

/** vLLM's usage object; the details only where they are known, at the end. */
export function usageBody(usage: Omit<AnswerUsage, "cachedTokens"> & { cachedTokens?: number }): string {
  const { promptTokens, completionTokens, cachedTokens } = usage;
  const details = cachedTokens === undefined ? "" : `,"prompt_tokens_details":{"cached_tokens":${cachedTokens}}`;
  return `{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens + completionTokens},"completion_tokens":${completionTokens}${details}}`;
}
