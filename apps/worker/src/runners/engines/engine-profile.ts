/**
 * `EngineProfile`: what differs between one engine and OpenAI's own dialect. One file per engine, one source of its public documentation per quirk.
 *
 * Not in a profile, because all engines agree: a closed connection ends the generation (vLLM, SGLang, TGI, llama.cpp, Ollama, LM Studio and
 * TensorRT-LLM all watch for it), streams are server-sent events, a bearer token is the key. How an answer is read is the same for all, see
 * openai-stream.ts: it accepts every spelling that any of them uses.
 */
import type { ModelFeature, ResponseFormat, Sampling, ServedModel, ToolChoice } from "@tera/protocol";
import type { EngineClient, EnginePage } from "./engine-client.ts";
import type { EngineName } from "./engine-names.ts";

export interface EngineProfile {
  readonly name: EngineName;
  /** Pages that tell this engine from others, besides `/v1/models`, which is always asked. */
  readonly pages: readonly string[];
  /** Is it this engine? `page` gives what a page answered; undefined when it did not. Undefined: no. */
  recognise(page: (path: string) => EnginePage | undefined): Recognition | undefined;
  /** Answers 200 while the engine can work, as far as it knows. Undefined: it has no such page, its listing must do. */
  readonly healthPath?: string;
  /** Its health page generates a token, which takes its turn behind long prompts: asked only until the engine is ready. */
  readonly healthGenerates?: boolean;
  /**
   * Makes the function that looks at the engine every few seconds. What costs more than a GET or two is asked once and remembered in between.
   * The function throws as `EngineClient` does.
   */
  createInspector(client: EngineClient): () => Promise<EngineReport>;
  /** Absent: it makes no text. */
  readonly text?: TextDialect;
  /** Absent: it makes no sound. */
  readonly speech?: SpeechDialect;
  /**
   * Which model a canary generation may use. `first`: the first base model. `loaded`: one that is in memory now, for an engine that would load
   * another one for it. `single`: the model of an engine that has but one. `none`: generations cost money.
   */
  readonly canary: "first" | "loaded" | "single" | "none";
  /** A Prometheus page and its names. */
  readonly metrics?: EngineMetrics;
}

export interface Recognition {
  version?: string | undefined;
}

export interface EngineReport {
  models: EngineModel[];
  /** Requests it works on at once; undefined when it does not say. */
  slots?: number | undefined;
}

/** One model as its engine tells of it. */
export interface EngineModel {
  /** What the engine calls it in requests. May be a path, so no client ever sees it. */
  engineId: string;
  /** What clients call it: the Hugging Face id where that is known. */
  publicId: string;
  ownedBy?: string | undefined;
  kind: "text" | "speech";
  /** Tokens. */
  contextLength?: number | undefined;
  quantization?: string | undefined;
  /** Text alone when absent. */
  inputModalities?: ServedModel["inputModalities"] | undefined;
  /** Overrides the dialect's where an engine knows it model by model. */
  features?: readonly ModelFeature[] | undefined;
  /** In memory now. Only engines that load on demand say false. */
  isLoaded: boolean;
  /** An adapter (LoRA) on top of another model. */
  isAdapter: boolean;
  /** Speech: used when the client names none and the engine insists. */
  defaultVoice?: string | undefined;
}

export type SamplingName = Exclude<keyof Sampling, "logprobs">;

export interface TextDialect {
  /** Our parameter, the engine's field. What is not here does not reach the engine, because it would refuse it or do nothing. */
  readonly sampling: { readonly [Name in SamplingName]?: string };
  /** Alternatives per token that it gives; 0: only the chosen token's; undefined: no log probabilities at all. */
  readonly topLogprobsMax?: number | undefined;
  /**
   * What it tells of tokens in a stream when asked. `final`: the last chunk has the counts. `continuous`: every chunk has those so far
   * (`continuous_usage_stats`), and `timings`: the same in llama.cpp's words, so that a cancelled stream has the engine's own counts too.
   */
  readonly streamUsage: "final" | "continuous" | "timings";
  /** It can make several choices (`n`) in one request. */
  readonly severalChoices: boolean;
  /** `/v1/completions` takes several prompts, and prompts as token ids. Otherwise one, as text. */
  readonly severalPrompts: boolean;
  /** It leaves the stop string at the end of its text, where OpenAI takes it out. */
  readonly stopInText?: boolean;
  /** Chat templates know no `developer` role: it is sent as `system`, which OpenAI defines as its older name. */
  readonly developerRole: boolean;
  responseFormat(format: ResponseFormat): unknown;
  /** Asked also when the client chose nothing (`auto`). Undefined: leave it out. */
  toolChoice(choice: ToolChoice): unknown;
  readonly parallelToolCalls: boolean;
  /** Undefined: leave it out. */
  reasoningEffort(effort: string): string | undefined;
  readonly features: readonly ModelFeature[];
  /** The last word on a request's body, for what no other field here can say. */
  adjust?(body: Record<string, unknown>): void;
}

export interface SpeechDialect {
  /** Optional fields of `/v1/audio/speech` that it knows. */
  readonly fields: readonly ("speed" | "lang_code" | "instructions")[];
}

/** Names of the samples that say how busy an engine is and what it has counted, without labels. */
export interface EngineMetrics {
  readonly path: string;
  readonly running: string;
  readonly waiting: string;
  /** Counters since the start, in tokens. */
  readonly promptTokens: string;
  readonly completionTokens: string;
  /** Prompt tokens that were found in a cache are not counted. */
  readonly skipsCached?: boolean;
  /** Digits that it prints of large numbers; undefined: all. */
  readonly significantDigits?: number;
  /** What the engine must be started with, or without, to count. */
  readonly howToEnable: string;
}
