/**
 * Reads the stream of an OpenAI-compatible engine: each event becomes deltas, and in the end there is a usage.
 *
 * Hot path, so the shapes are looked at by hand instead of by a schema, and whatever is not as expected is passed over. All spellings that any
 * engine uses are accepted at once: reasoning in `reasoning`, `reasoning_content` or raw tags; tool calls as fields or as markup in the text;
 * counts in every chunk, in the last one, or as llama.cpp's timings; and one whole answer where a stream was asked for.
 */
import {
  type Delta,
  emptyUsage,
  type FinishReason,
  finishReasons,
  TeraError,
  type Tool,
  type Usage,
} from "@tera/protocol";
import type { DeltaSink } from "../runner.ts";
import { type AnswerText, createAnswerText } from "./answer-text.ts";
import { readLogprobs } from "./engine-logprobs.ts";
import { readTimings, readUsage } from "./engine-usage.ts";
import { asCount, asObject, asString } from "./json-access.ts";
import { type EngineErrorContext, findErrorStatus, toEngineError } from "./openai-error.ts";
import { createToolCallReader, type ToolCallReader } from "./tool-call-reader.ts";
import { findDoubt } from "./usage-belief.ts";

export interface EngineStreamReader {
  /**
   * The data of one event, or a whole answer.
   * @param name of the event, as in `event: error`.
   * @throws {TeraError} when the engine reports an error inside its stream, or sends what is no JSON.
   */
  event(data: string, name?: string): void;
  /** True once every choice has ended: an engine that closes earlier has failed. */
  readonly complete: boolean;
  /** What to say of a stream that ended before it was complete. */
  incomplete(): TeraError;
  /** The engine's own usage until now, or the count of what was seen. */
  usage(): Usage;
  /** Why the engine's own usage was not taken, for the operator. */
  readonly doubt: string | undefined;
}

export interface EngineStreamOptions {
  kind: "chat" | "completion";
  /** Choices that must finish. */
  choices: number;
  /** Of one prompt. Choice `p * choicesPerPrompt + i` is the i-th of prompt p. */
  choicesPerPrompt: number;
  /** Chat: the tools that may be called. Calls that the engine leaves in the text are then looked for. */
  tools?: readonly Tool[] | undefined;
  /** The prompt has already opened a `<think>` block that the engine does not split off. */
  startsInReasoning?: boolean | undefined;
  /** Stop strings that the engine leaves at the end of its text. */
  stop?: readonly string[] | undefined;
  /** Bound of the request for each choice. */
  maxTokens?: number | undefined;
  /** Length of the request's body. */
  promptLength: number;
  /** Asked only for a usage that the engine does not give: it walks the whole prompt. */
  estimatePromptTokens(): number;
  errorContext?: EngineErrorContext | undefined;
  sink: DeltaSink;
  /** See `GenerationTask`. */
  onUsage?: ((usage: Usage) => void) | undefined;
}

interface ChoiceState {
  text: AnswerText;
  calls: ToolCallReader | undefined;
  finished: boolean;
  /** The latest `usage` of a chunk with this choice alone. */
  usage: unknown;
}

export function createEngineStreamReader(options: EngineStreamOptions): EngineStreamReader {
  const { kind, sink, onUsage } = options;
  const choices: (ChoiceState | undefined)[] = [];
  let finished = 0;
  // Engines stream a token a time: deltas are the best count there is when they give none.
  let deltas = 0;
  let reasoningDeltas = 0;
  let answerLength = 0;
  let hasToldCounted = false;
  let promptEstimate: number | undefined;
  // Kept as they came.
  let total: unknown;
  let timings: unknown;
  let doubt: string | undefined;

  function choiceState(index: number): ChoiceState | undefined {
    const known = choices[index];
    // More choices than were asked for belong to nobody, and an absurd index must not make an absurd array.
    if (known !== undefined || index >= options.choices) return known;
    const text = createAnswerText({ ...options, splitsReasoning: kind === "chat" });
    const state: ChoiceState = { text, calls: undefined, finished: false, usage: undefined };
    choices[index] = state;
    return state;
  }

  function event(data: string, name = "message"): void {
    if (data === "[DONE]") {
      // Some engines end without a finish reason.
      choices.forEach((state, index) => {
        if (state !== undefined && !state.finished) readChoice({ index, finish_reason: "stop" });
      });
      return;
    }
    const chunk = asObject(parse(data));
    if (chunk === undefined) {
      throw new TeraError("runner_failed", "The model's engine sent an answer that cannot be read. Try again.", {
        detail: `an event of ${data.length} characters is no JSON object`,
      });
    }
    const status = findErrorStatus(chunk) ?? (name === "error" ? 500 : undefined);
    if (status !== undefined) throw toEngineError(status, data, options.errorContext);
    const source = chunk["choices"];
    const some: readonly unknown[] = Array.isArray(source) ? source : noChoices;
    if (chunk["usage"] != null) keepUsage(chunk["usage"], some);
    if (chunk["timings"] != null) timings = chunk["timings"];
    for (const choice of some) readChoice(asObject(choice));
    if (onUsage !== undefined) tellUsage(chunk["usage"] != null || chunk["timings"] != null, onUsage);
  }

  /** Of an engine that does not count as it goes, ours: once, because each delta is counted by whoever gets it. */
  function tellUsage(hasCounts: boolean, tell: (usage: Usage) => void): void {
    if (!hasCounts && (hasToldCounted || deltas + reasoningDeltas === 0)) return;
    const counted = usage();
    if (!hasCounts && counted.source === "engine") return;
    hasToldCounted = true;
    tell(counted);
  }

  /** A chunk with one of several choices counts that choice alone; any other counts them all. */
  function keepUsage(usage: unknown, some: readonly unknown[]): void {
    if (options.choices === 1 || some.length !== 1) {
      total = usage;
      return;
    }
    const state = choiceState(asCount(asObject(some[0])?.["index"]) ?? 0);
    if (state !== undefined) state.usage = usage;
  }

  function readChoice(choice: Record<string, unknown> | undefined): void {
    if (choice === undefined) return;
    const index = asCount(choice["index"]) ?? 0;
    const state = choiceState(index);
    if (state === undefined || state.finished) return;
    const delta: Delta = { index };
    if (kind === "completion") readText(asString(choice["text"]), state.text, delta);
    else readMessage(asObject(choice["delta"]) ?? asObject(choice["message"]), state, delta);

    const logprobs = choice["logprobs"];
    if (logprobs != null) {
      const read = readLogprobs(logprobs);
      if (read !== undefined) delta.logprobs = read;
    }
    const finish = choice["finish_reason"];
    if (typeof finish === "string") end(finish, state, delta);
    if (!isEmpty(delta)) sink(delta);
  }

  function readMessage(source: Record<string, unknown> | undefined, state: ChoiceState, delta: Delta): void {
    if (source === undefined) return;
    // TensorRT-LLM always has the one, and uses the other for some models.
    const reasoning = source["reasoning_content"] || source["reasoning"];
    const content = source["content"];
    const toolCalls = source["tool_calls"];
    if (typeof reasoning === "string" && reasoning !== "") {
      delta.reasoning = reasoning;
      seen(reasoning.length, true);
    }
    if (typeof content === "string" && content !== "") {
      state.text.push(content, delta);
      seen(content.length, state.text.inReasoning);
    }
    if (toolCalls != null) {
      state.calls ??= createToolCallReader();
      const calls = state.calls.read(toolCalls);
      if (calls.length === 0) return;
      // An engine that finds the calls itself leaves none in the text.
      state.text.stopParsing(delta);
      delta.toolCalls = delta.toolCalls === undefined ? calls : [...delta.toolCalls, ...calls];
      seen(
        calls.reduce((length, call) => length + (call.arguments?.length ?? 0) + (call.name?.length ?? 0), 0),
        false,
      );
    }
  }

  function readText(piece: string | undefined, text: AnswerText, delta: Delta): void {
    if (!piece) return;
    text.push(piece, delta);
    seen(piece.length, false);
  }

  function seen(length: number, isReasoning: boolean): void {
    answerLength += length;
    if (isReasoning) reasoningDeltas++;
    else deltas++;
  }

  function end(reason: string, state: ChoiceState, delta: Delta): void {
    if (reason === "abort" || reason === "error") {
      throw new TeraError("runner_failed", "The model's engine broke off its answer. Try again.", {
        detail: `the engine ended with ${reason}`,
      });
    }
    state.text.end(reason === "length", delta);
    const calledTools = state.calls?.called === true || state.text.calledTools;
    delta.finishReason = toFinishReason(reason, calledTools);
    state.finished = true;
    finished++;
  }

  /** The engine's counts: of all choices, or the sum of those so far. */
  function engineUsage(): Usage | undefined {
    const whole = readUsage(total);
    // llama.cpp told of its cache in the timings alone before it did in the usage.
    if (whole?.cachedTokens === 0 && options.choices === 1) {
      whole.cachedTokens = Math.min(readTimings(timings)?.cachedTokens ?? 0, whole.promptTokens);
    }
    if (whole !== undefined) return whole;
    if (options.choices === 1) return total == null ? readTimings(timings) : undefined;
    let sum: Usage | undefined;
    const promptTokens = new Map<number, number>();
    choices.forEach((state, index) => {
      const usage = readUsage(state?.usage);
      if (usage === undefined) return;
      promptTokens.set(Math.floor(index / options.choicesPerPrompt), usage.promptTokens);
      if (sum === undefined) sum = usage;
      else {
        sum.completionTokens += usage.completionTokens;
        sum.reasoningTokens += usage.reasoningTokens;
      }
    });
    if (sum !== undefined) sum.promptTokens = [...promptTokens.values()].reduce((tokens, more) => tokens + more, 0);
    return sum;
  }

  function usage(): Usage {
    const own = engineUsage();
    if (own === undefined && total != null) doubt = "counts that cannot be read";
    if (own !== undefined) {
      const completionTokensMax = options.maxTokens === undefined ? undefined : options.maxTokens * options.choices;
      const evidence = { promptLength: options.promptLength, answerLength, deltas: deltas + reasoningDeltas };
      doubt = findDoubt(own, { ...evidence, completionTokensMax });
      // Engines that leave raw tags in the text do not count reasoning apart; we saw how much of it there was.
      own.reasoningTokens ||= Math.min(reasoningDeltas, own.completionTokens);
      if (doubt === undefined) return own;
    }
    promptEstimate ??= options.estimatePromptTokens();
    return {
      ...emptyUsage("counted"),
      promptTokens: promptEstimate,
      completionTokens: deltas + reasoningDeltas,
      reasoningTokens: reasoningDeltas,
    };
  }

  return {
    event,
    get complete() {
      return finished >= options.choices;
    },
    incomplete() {
      const begun = choices.filter((state) => state !== undefined).length;
      if (finished > 0 && finished === begun) {
        return new TeraError("unsupported_parameter", "This model makes one choice at a time: leave n at 1.", {
          param: "n",
          detail: `${begun} of ${options.choices} choices came`,
        });
      }
      return new TeraError("runner_failed", "The model's engine broke off its answer. Try again.", {
        detail: "stream ended early",
      });
    },
    get doubt() {
      return doubt;
    },
    usage,
  };
}

const noChoices: readonly unknown[] = [];

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isEmpty(delta: Delta): boolean {
  return (
    delta.content === undefined &&
    delta.reasoning === undefined &&
    delta.toolCalls === undefined &&
    delta.logprobs === undefined &&
    delta.finishReason === undefined
  );
}

function toFinishReason(reason: string, calledTools: boolean): FinishReason {
  // vLLM ends a forced tool call with `stop`; a client looks for `tool_calls`.
  if (calledTools && reason !== "length" && reason !== "content_filter") return "tool_calls";
  return finishReasons.find((candidate) => candidate === reason) ?? "stop";
}
