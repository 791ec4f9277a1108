/**
 * Turns the raw text of one choice into its parts: reasoning, content and tool calls, cut at a stop string.
 *
 * Raw text goes through the reasoning splitter, then the tool call parser, then the stop strings: these end the content, and never cut
 * through reasoning or through a call.
 */
import { createReasoningSplitter, type TokenLogprob, type ToolCallDelta } from "@tera/protocol";
import { createStopSequences } from "./stop-sequences.ts";
import { createToolCallParser } from "./tool-call-parser.ts";

export interface ChoiceTextOptions {
  /** False for plain completions: nothing is split. */
  splitsReasoning: boolean;
  /** The prompt has already opened the reasoning block. */
  startsInReasoning: boolean;
  parsesToolCalls: boolean;
  /** End after this many calls. */
  toolCallsMax: number;
  stop: readonly string[];
}

export interface ChoicePart {
  content?: string;
  reasoning?: string;
  toolCalls?: ToolCallDelta[];
  logprobs?: TokenLogprob[];
}

export interface ChoiceText {
  /** What a piece of raw text adds; undefined when nothing yet. The token's log probability goes out with the content it is part of. */
  push(text: string, logprob?: TokenLogprob): ChoicePart | undefined;
  /** What was held back. `cut`: generation did not end by itself. */
  end(cut?: boolean): ChoicePart | undefined;
  /** A stop string was met or the last call allowed is complete: generation is over. */
  readonly ended: boolean;
  readonly inReasoning: boolean;
  readonly calledTools: boolean;
  /** See `ToolCallParser`. */
  readonly atToolCallOpening: boolean;
  readonly inToolCall: boolean;
}

export function createChoiceText(options: ChoiceTextOptions): ChoiceText {
  const splitter = options.splitsReasoning
    ? createReasoningSplitter({ startsInside: options.startsInReasoning })
    : undefined;
  const parser = options.parsesToolCalls ? createToolCallParser() : undefined;
  const stops = createStopSequences(options.stop);
  // Log probabilities of content tokens, each with its token's place in the text that entered `stops`. What has left `stops` is certain.
  let waiting: { at: number; logprob: TokenLogprob }[] = [];
  let entered = 0;
  let left = 0;

  function assemble(reasoning: string, raw: string, isLast: boolean, cut = false): ChoicePart | undefined {
    const part: ChoicePart = {};
    const parsed = parser === undefined ? { content: raw, toolCalls: [] } : parser.push(raw);
    if (parser !== undefined && isLast) {
      const rest = parser.end(cut);
      parsed.content += rest.content;
      parsed.toolCalls.push(...rest.toolCalls);
    }
    let content = "";
    if (parsed.content !== "") content = stops.push(parsed.content);
    entered += parsed.content.length;
    // A stop string does not reach across a call.
    if ((parsed.toolCalls.length > 0 || isLast) && !stops.stopped) content += stops.end();
    left += content.length;
    if (reasoning !== "") part.reasoning = reasoning;
    if (content !== "") part.content = content;
    if (parsed.toolCalls.length > 0 && !stops.stopped) {
      part.toolCalls = parsed.toolCalls;
      waiting = [];
    }
    const certain = waiting.filter(({ at }) => at < left);
    if (certain.length > 0 && content !== "") {
      part.logprobs = certain.map(({ logprob }) => logprob);
      waiting = waiting.filter(({ at }) => at >= left);
    }
    return Object.keys(part).length === 0 ? undefined : part;
  }

  return {
    push(text, logprob) {
      if (splitter === undefined) {
        if (logprob !== undefined) waiting.push({ at: entered, logprob });
        return assemble("", text, false);
      }
      const wasReasoning = splitter.inReasoning;
      const { reasoning, content } = splitter.push(text);
      if (logprob !== undefined && !wasReasoning && !splitter.inReasoning) waiting.push({ at: entered, logprob });
      return assemble(reasoning, content, false);
    },
    end(cut = false) {
      const { reasoning, content } = splitter?.end() ?? { reasoning: "", content: "" };
      return assemble(reasoning, content, true, cut);
    },
    get ended() {
      return stops.stopped || (parser !== undefined && parser.completedCalls >= options.toolCallsMax);
    },
    get inReasoning() {
      return splitter?.inReasoning ?? false;
    },
    get calledTools() {
      return (parser?.calls ?? 0) > 0;
    },
    get atToolCallOpening() {
      return parser?.atOpening ?? false;
    },
    get inToolCall() {
      return parser?.inCall ?? false;
    },
  };
}
