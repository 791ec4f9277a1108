/** For the conformance suite: what an engine can, and the means to ask it. */
import type { ChatGeneration, ModelFeature, Sampling } from "@tera/protocol";
import type { FakeRunnerSettingsChange } from "@tera/testkit";
import { afterAll, afterEach, beforeAll, it } from "vitest";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { type Attached, attach, generate, type Received, type ReceivedChoice } from "./conformance-attach.ts";
import type { EngineName } from "./engine-names.ts";

export interface ConformingEngine {
  dialect: NonNullable<FakeRunnerSettingsChange["dialect"]>;
  /** As which it is recognised. */
  name: EngineName;
  version?: RegExp;
  runnerSettings?: Partial<HttpRunnerSettings>;
  engineSettings?: FakeRunnerSettingsChange;
  /** The engine's own id of its model, and the one that clients see. */
  model: { engineId: string; publicId: string };
  /** It tells how many tokens fit, and how many requests it takes. */
  tells: readonly ("contextLength" | "slots")[];
  features: readonly ModelFeature[];
  /** Those of `extendedParameters` that are offered. */
  extended: readonly ExtendedParameter[];
  /** Offered although the engine ignores them: it is not known which it is. */
  ignored?: readonly string[];
  reasoning: "told" | "hidden";
  tools: boolean;
  logprobs: boolean;
  json: boolean;
  severalChoices: boolean;
  completions: boolean;
  severalPrompts: boolean;
  /** Whose count the usage is; of a stream that is cancelled, too. */
  usage: "engine" | "counted";
  cancelledUsage: "engine" | "counted";
  refusesLongPrompts: boolean;
  /** It answers 404 for a model that it has not. */
  checksModel: boolean;
  /** It has its own way to say that it is overloaded. */
  saysOverloaded: boolean;
  canary: boolean;
}

export const extendedParameters = ["top_k", "min_p", "repetition_penalty", "presence_penalty", "logit_bias"] as const;
export type ExtendedParameter = (typeof extendedParameters)[number];

export const contextLength = 4_096;
export const slots = 24;

export const say = (text: string) => [{ role: "user" as const, content: text }];
export const messages = say("Tell me something.");

/** One engine with the runner attached to it, for all tests of a `describe`; each finds it well. */
export interface Conversation {
  readonly attached: Attached;
  chat(change?: Partial<ChatGeneration>, sampling?: Sampling): ChatGeneration;
  run(change?: Partial<ChatGeneration>, sampling?: Sampling): Promise<Received>;
  /** @throws {Error} when there is not exactly one choice. */
  runOne(change?: Partial<ChatGeneration>, sampling?: Sampling): Promise<ReceivedChoice>;
}

/** Well, and as fast as it can be. */
const calm: FakeRunnerSettingsChange = {
  maxModelLen: contextLength,
  ttftMs: 0,
  msPerToken: 0,
  bytesPerWrite: 0,
  condition: "serving",
  rawTools: "none",
  faults: null,
};

/** A pair of their own, for what would disturb others. */
export function attachTo({ dialect, model, engineSettings, runnerSettings }: ConformingEngine): Promise<Attached> {
  const settings = { dialect, models: [model.engineId], maxModelLen: contextLength, slots, ...engineSettings };
  return attach(settings, runnerSettings);
}

/** Registers a test only where it applies: what an engine cannot do is not counted as skipped, so that a test which is left out stands out. */
export function itWhere(applies: boolean): (name: string, run: () => Promise<void>) => void {
  return applies ? it : () => undefined;
}

/** Call it inside a `describe`. */
export function converse(subject: ConformingEngine): Conversation {
  const { model } = subject;
  let attached: Attached | undefined;
  const theAttached = () => {
    if (attached === undefined) throw new Error("the engine is not attached");
    return attached;
  };
  beforeAll(async () => {
    attached = await attachTo(subject);
  });
  afterAll(() => attached?.detach());
  afterEach(() => attached?.engine.set(calm));

  function chat(change: Partial<ChatGeneration> = {}, sampling: Sampling = { maxTokens: 20 }): ChatGeneration {
    return { kind: "chat", model: model.publicId, messages, n: 1, sampling, ...change };
  }
  const run: Conversation["run"] = (change, sampling) => generate(theAttached().runner, chat(change, sampling));
  return {
    get attached() {
      return theAttached();
    },
    chat,
    run,
    async runOne(change, sampling) {
      const { choices } = await run(change, sampling);
      const [first] = choices;
      if (first === undefined || choices.length > 1) throw new Error(`${choices.length} choices`);
      return first;
    },
  };
}
