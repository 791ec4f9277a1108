/** Chat and text completion for every dialect but vLLM's: reads the body in the engine's words, generates, writes in the engine's style. */
import type { ChatBody, CompletionBody } from "../bodies.ts";
import { chatBodySchema, completionBodySchema } from "../bodies.ts";
import { prepareChat } from "../chat.ts";
import { prepareCompletion } from "../completions.ts";
import { type EngineError, parseBody } from "../engine-error.ts";
import { type AnswerUsage, generate } from "../generate.ts";
import type { TokenBudget } from "../generation-rules.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import type { AnswerStyle } from "./answer-style.ts";
import type { GenerationHandler } from "./dialect.ts";
import { asBody, type Body, type Field, parametersOf, readFields } from "./read-fields.ts";
import { createRendering } from "./rendering.ts";

export interface TextDialect {
  style: AnswerStyle;
  /** What the engine reads of a body. */
  fields: readonly Field[];
  /** Refuses what the engine refuses. @param body all of it, as it came. @throws {EngineError} */
  check?(body: Body, settings: FakeRunnerSettings): void;
  /** Puts values that only the engine has into vLLM's terms. @param read what was read, under vLLM's names. */
  translate?(read: Body, settings: FakeRunnerSettings): Body;
  /** Undefined: it takes any name for a model. */
  unknownModel?(model: string): EngineError;
  /** How much may be generated. */
  budget: TokenBudget;
  /** No parser for reasoning: its tags are in the text. */
  rawReasoning?: boolean;
  /** The stop string is the last of the text. */
  keepsStop?: boolean;
  /** `stream_options.include_usage` when undefined. */
  asksUsage?(body: ChatBody | CompletionBody): boolean;
  /** What every chunk of a stream says of its choice's tokens so far, for a client that asks. */
  progress?(read: Body): ((usage: AnswerUsage) => object) | undefined;
}

export function createChatHandler(dialect: TextDialect): GenerationHandler {
  return (context, json, reply, logged) => {
    const settings = settingsOf(dialect, context.settings);
    const read = readBody(dialect, json, settings);
    logged.understood = parametersOf(read);
    const { model, ...body } = parseBody(chatBodySchema, read);
    checkModel(dialect, model, settings);
    const { prompt, promptTokens, choices } = prepareChat(body, settings, dialect);
    const cachedTokens = context.prefixCache.visit(prompt, promptTokens);
    const tell = dialect.progress?.(read);
    const options = {
      style: dialect.style,
      kind: "chat" as const,
      model: model ?? settings.models[0] ?? "",
      choices: choices.length,
      asksUsage: dialect.asksUsage?.(body) ?? body.stream_options?.include_usage === true,
      logprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
      progress:
        tell && ((_: number, completionTokens: number) => tell({ promptTokens, cachedTokens, completionTokens })),
    };
    return generate(context, {
      reply,
      logged,
      choices,
      rendering: createRendering(options, body.stream === true),
      promptTokens,
      cachedTokens,
      answersPerPrompt: choices.length,
      headers: dialect.style.headers,
    });
  };
}

export function createCompletionHandler(dialect: TextDialect): GenerationHandler {
  return (context, json, reply, logged) => {
    const settings = settingsOf(dialect, context.settings);
    const read = readBody(dialect, json, settings);
    logged.understood = parametersOf(read);
    const { model, ...body } = parseBody(completionBodySchema, read);
    checkModel(dialect, model, settings);
    const { prompts, promptTokens, choices } = prepareCompletion(body, settings, dialect);
    const cached = prompts.map((prompt) => context.prefixCache.visit(prompt.text, prompt.tokens));
    const tell = dialect.progress?.(read);
    const options = {
      style: dialect.style,
      kind: "completion" as const,
      model: model ?? settings.models[0] ?? "",
      choices: choices.length,
      asksUsage: dialect.asksUsage?.(body) ?? body.stream_options?.include_usage === true,
      logprobs: body.logprobs ?? undefined,
      progress:
        tell &&
        ((index: number, completionTokens: number) => {
          const at = Math.floor(index / (body.n ?? 1));
          return tell({ promptTokens: prompts[at]?.tokens ?? 0, cachedTokens: cached[at] ?? 0, completionTokens });
        }),
    };
    return generate(context, {
      reply,
      logged,
      choices,
      rendering: createRendering(options, body.stream === true),
      promptTokens,
      cachedTokens: cached.reduce((sum, tokens) => sum + tokens, 0),
      answersPerPrompt: body.n ?? 1,
      headers: dialect.style.headers,
    });
  };
}

function settingsOf(dialect: TextDialect, settings: FakeRunnerSettings): FakeRunnerSettings {
  return dialect.rawReasoning === true ? { ...settings, reasoningStyle: "tags" } : settings;
}

function readBody(dialect: TextDialect, json: unknown, settings: FakeRunnerSettings): Body {
  const body = asBody(json);
  dialect.check?.(body, settings);
  const read = readFields(body, dialect.fields);
  return dialect.translate?.(read, settings) ?? read;
}

function checkModel(dialect: TextDialect, model: string | null | undefined, settings: FakeRunnerSettings): void {
  if (model != null && !settings.models.includes(model) && dialect.unknownModel !== undefined) {
    throw dialect.unknownModel(model);
  }
}
