/** `AnswerStyle`: how an engine writes a chat or text completion down. `rendering.ts` does it. */
import { randomBytes } from "node:crypto";
import type { CallStep, ChoiceStep } from "../choice.ts";
import type { AnswerUsage } from "../generate.ts";
import type { Body } from "./read-fields.ts";

export type Finish = NonNullable<ChoiceStep["finish"]>;

export interface StyledUsage extends AnswerUsage {
  reasoningTokens: number;
}

export interface AnswerStyle {
  chatId(): string;
  completionId(): string;
  /** HTTP headers of both kinds of answer. */
  headers?: Readonly<Record<string, string>>;
  /** What every chunk and every whole answer says beside id, object, created, model and choices. */
  envelope?: Readonly<Record<string, unknown>>;
  /** The delta that opens each choice, in a chunk of its own. */
  opening?: object;
  /** Lies under every other delta: fields that are always there. */
  delta?: object;
  /** Lies under every choice. */
  choice?: object;
  /** Where reasoning is told; `hidden`: nowhere, it is only counted. */
  reasoning: "reasoning" | "reasoning_content" | "hidden";
  /** The engine parses a tool call to its end before it tells it. */
  wholeCalls?: boolean;
  toolId?(): string;
  /** One piece of a call, as it stands in `tool_calls`. @param call has id and name in its first piece. */
  toolCall?(call: CallStep): object;
  /** The delta of the chunk that ends a choice; undefined: the last piece ends it. */
  finishDelta?: object;
  finishReason?(finish: Finish): string;
  /** What the ended choice says besides. */
  finishFields?(finish: Finish): object;
  usage(usage: StyledUsage): object;
  /** When a stream tells its usage. */
  streamUsage: "asked" | "always" | "never";
  /** Every chunk but the last has `usage: null` when usage was asked for. */
  nullUsage?: boolean;
  /** What the chunk with the usage says besides. */
  usageFields?(usage: StyledUsage): object;
  completion?: {
    /** A chunk without text ends a choice. */
    finishApart?: boolean;
    /** The usage is in the chunk that ends the last choice, whoever asked. */
    usageInFinish?: boolean;
    /** What every chunk says when usage was asked for. */
    askedUsage?: object;
    /** What each choice says. */
    choice?: object;
  };
  /** Around each event; server-sent events with LF when undefined. */
  frame?(json: string): string;
  /** Before the first event. */
  preface?: string;
  /** After the last event; `data: [DONE]` when undefined. */
  done?: string;
}

export function hexId(prefix: string, bytes = 16): string {
  return `${prefix}${randomBytes(bytes).toString("hex")}`;
}

/** vLLM's `continuous_usage_stats`, which others took over. */
export function continuousUsage(style: AnswerStyle) {
  return ({ stream_options: options }: Body): ((usage: AnswerUsage) => object) | undefined => {
    const asked = typeof options === "object" && options !== null && "continuous_usage_stats" in options;
    if (!asked || options.continuous_usage_stats !== true) return undefined;
    return (usage) => ({ usage: style.usage({ ...usage, reasoningTokens: 0 }) });
  };
}

/** OpenAI's counts without details. */
export function plainUsage({ promptTokens, completionTokens }: AnswerUsage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
