/**
 * `GenerationRequest`: the one form that every dialect is turned into, and that every runner understands.
 *
 * The envelope is ours (camelCase); messages, tools and response formats keep OpenAI's own spelling, because nearly every engine
 * speaks it and a translation there and back would only be a place for mistakes.
 */
import type { z } from "zod";
import type { chatMessageSchema, responseFormatSchema, toolChoiceSchema, toolSchema } from "./openai/chat.ts";

export type ChatMessage = z.infer<typeof chatMessageSchema>;
export type Tool = z.infer<typeof toolSchema>;
export type ToolChoice = z.infer<typeof toolChoiceSchema>;
export type ResponseFormat = z.infer<typeof responseFormatSchema>;

/** How to pick tokens. An absent field means the engine's own default. */
export interface Sampling {
  /** Upper bound for generated tokens, reasoning included; absent: as far as the context reaches. */
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  repetitionPenalty?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  seed?: number;
  /** At most 16 strings; none of them is part of the output. */
  stop?: string[];
  /** Token id (decimal) to bias, -100 to 100. */
  logitBias?: Record<string, number>;
  /** Log probabilities wanted: the number of alternatives per token, 0 for the chosen token alone. */
  logprobs?: number;
}

export interface ChatGeneration {
  kind: "chat";
  model: string;
  messages: ChatMessage[];
  tools?: Tool[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  responseFormat?: ResponseFormat;
  reasoningEffort?: string;
  /** Choices wanted; their index is in every delta. */
  n: number;
  sampling: Sampling;
}

export interface CompletionGeneration {
  kind: "completion";
  model: string;
  /** One or more prompts, each a text or the model's own token ids. Choice `p * n + i` is the i-th answer to prompt p. */
  prompts: (string | number[])[];
  suffix?: string;
  echo: boolean;
  n: number;
  sampling: Sampling;
}

export const speechFormats = ["wav", "mp3", "flac", "opus", "aac", "pcm"] as const;
export type SpeechFormat = (typeof speechFormats)[number];

export interface SpeechGeneration {
  kind: "speech";
  model: string;
  input: string;
  voice?: string;
  format: SpeechFormat;
  /** 0.25 to 4. */
  speed?: number;
  langCode?: string;
  instructions?: string;
}

export type GenerationRequest = ChatGeneration | CompletionGeneration | SpeechGeneration;
