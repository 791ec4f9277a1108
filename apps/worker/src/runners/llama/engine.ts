/**
 * The loaded model: llama.cpp's model and context, what Tera knows of them, and one sequence per slot.
 *
 * Binaries come with the packages: nothing is compiled or fetched here.
 */
import { availableParallelism } from "node:os";
import type { ModelFeature, ServedModel } from "@tera/protocol";
import {
  GgufFileType,
  getLlama,
  type Llama,
  type LlamaContext,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
} from "node-llama-cpp";
import { type ChatTemplate, createChatTemplate } from "./chat-template.ts";
import type { LoadMessage } from "./messages.ts";
import { findModelFile, type ModelFile } from "./model-file.ts";
import { samplingParameters } from "./sampling.ts";
import { createSequencePool, type SequencePool } from "./sequence-pool.ts";
import { findTagTokens } from "./token-text.ts";

export interface Engine {
  llama: Llama;
  model: LlamaModel;
  template: ChatTemplate;
  sequences: SequencePool;
  /** Tokens that prompt and answer may have together, per sequence. */
  contextLength: number;
  /** By id. */
  vocabulary: readonly Token[];
  /** Characters of the longest token: a text of n times that has at least n tokens. */
  tokenCharactersMax: number;
  tagTokens: ReadonlyMap<Token, string>;
  /** Prompt tokens evaluated between two looks at whether anybody still wants the answer. */
  prefillTokens: number;
  description: ServedModel;
}

export interface EngineEvents {
  onProgress(reason: string): void;
  onLog(level: "warn" | "error", message: string): void;
}

/** @throws when the model cannot be had or loaded. */
export async function loadEngine(settings: LoadMessage, { onProgress, onLog }: EngineEvents): Promise<Engine> {
  const file = await findModelFile(settings.model, settings.modelsDir, onProgress);
  onProgress("loading the model");
  const llama = await getLlama({
    gpu: settings.gpu === "off" ? false : settings.gpu,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => onLog(level === LlamaLogLevel.warn ? "warn" : "error", message.trim()),
  });
  const model = await llama.loadModel({ modelPath: file.path });
  const context = await model.createContext({
    sequences: settings.slots,
    contextSize: settings.contextLength ?? "auto",
    // One core is left to the other processes: llama.cpp's threads wait for each other busily, and a single one that is held up holds up
    // all. Measured on 2 busy cores: 8 tokens of the demo model took 4.4 s with 2 threads, 50 ms with 1.
    threads: Math.max(1, Math.min(llama.cpuMathCores, availableParallelism() - 1)),
  });
  // llama.cpp rounds the size up; what was asked for is what is offered.
  const contextLength = Math.min(settings.contextLength ?? context.contextSize, context.contextSize);
  const template = createChatTemplate({
    source: model.fileInfo.metadata.tokenizer.chat_template,
    bosToken: model.tokens.bosString ?? "",
    eosToken: model.tokens.eosString ?? "",
  });
  const vocabulary = [...model.iterateAllTokens()];
  const engine: Engine = {
    llama,
    model,
    template,
    sequences: createSequencePool(context, settings.slots),
    contextLength,
    vocabulary,
    tokenCharactersMax: Math.max(1, ...chunkMaxima(vocabulary, (token) => model.detokenize([token], true).length)),
    tagTokens: findTagTokens(model),
    // On a processor a large batch can take seconds.
    prefillTokens: llama.gpu === false ? Math.min(64, context.batchSize) : context.batchSize,
    description: describe(settings, file, model, template, contextLength),
  };
  await warmUp(context, engine);
  return engine;
}

/** The maxima of slices: a whole vocabulary does not fit a call's arguments. */
function chunkMaxima(tokens: readonly Token[], measure: (token: Token) => number): number[] {
  const maxima: number[] = [];
  for (let at = 0; at < tokens.length; at += 10_000) {
    maxima.push(Math.max(...tokens.slice(at, at + 10_000).map(measure)));
  }
  return maxima;
}

/** The first evaluation allocates and reads what later ones find ready. */
async function warmUp(context: LlamaContext, engine: Engine): Promise<void> {
  const tokens = engine.model.tokenize("Hello", false).slice(0, context.batchSize);
  const lease = await engine.sequences.take(tokens, new AbortController().signal);
  if (lease === undefined) return;
  for await (const _ of lease.sequence.evaluate(tokens, { temperature: 0 })) break;
  await lease.sequence.clearHistory();
  lease.free();
}

function describe(
  settings: LoadMessage,
  file: ModelFile,
  model: LlamaModel,
  template: ChatTemplate,
  contextLength: number,
): ServedModel {
  const general = model.fileInfo.metadata.general;
  const features: ModelFeature[] = ["json_mode", "structured_outputs", "logprobs"];
  if (template.knowsTools) features.push("tools");
  if (template.knowsThinking) features.push("reasoning");
  const quantization = GgufFileType[general.file_type ?? -1]?.replace(/^(MOSTLY|ALL)_/, "");
  return {
    id: settings.name,
    created: file.modifiedAt,
    ownedBy: general.author ?? "local",
    ...(general.name === undefined ? {} : { name: general.name }),
    ...(general.description === undefined ? {} : { description: general.description }),
    contextLength,
    ...(quantization === undefined ? {} : { quantization }),
    inputModalities: ["text"],
    outputModalities: ["text"],
    features,
    samplingParameters,
  };
}
