/**
 * `GenerationRequest`: the one form that every dialect is turned into, and that every runner understands.
 *
 * The envelope is ours (camelCase); messages, tools and response formats keep OpenAI's own spelling, because nearly every engine
 * speaks it and a translation there and back would only be a place for mistakes.
 */
import type { z } from "zod";
import type { chatMessageSchema, responseFormatSchema, toolChoiceSchema, toolSchema } from "./openai/chat.ts";
import type { Sampling } from "./sampling.ts";

export type ChatMessage = z.infer<typeof chatMessageSchema>;
export type Tool = z.infer<typeof toolSchema>;
export type ToolChoice = z.infer<typeof toolChoiceSchema>;
export type ResponseFormat = z.infer<typeof responseFormatSchema>;

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
