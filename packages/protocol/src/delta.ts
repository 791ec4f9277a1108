/** `Delta`: what a runner yields, in the order it was generated. n engines and m dialects meet here. */

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";
export const finishReasons: readonly FinishReason[] = ["stop", "length", "tool_calls", "content_filter"];

/** A piece of one tool call. The first piece of a call has its id and name; pieces of `arguments` are joined by the client. */
export interface ToolCallDelta {
  /** Position among the calls of this choice. */
  index: number;
  id?: string;
  name?: string;
  arguments?: string;
}

/** One token with its natural-log probability, in OpenAI's spelling. `bytes` are the token's UTF-8 bytes. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[];
}

/** A piece of one choice. Every field but `index` is optional; an absent field means nothing new. */
export interface Delta {
  /** Which choice this belongs to, from 0. */
  index: number;
  content?: string;
  reasoning?: string;
  toolCalls?: ToolCallDelta[];
  logprobs?: TokenLogprob[];
  /** Speech: encoded audio bytes, base64. */
  audio?: string;
  /** Set once per choice, on its last delta. */
  finishReason?: FinishReason;
}
