/** For the conformance suite: an engine that speaks one dialect, the real http runner attached to it, and what it yields, put together. */
import type { Delta, FinishReason, GenerationRequest, TokenLogprob, Usage } from "@tera/protocol";
import { type FakeRunner, type FakeRunnerSettingsChange, type LoggedRequest, startFakeRunner } from "@tera/testkit";
import { expect, vi } from "vitest";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { createHttpRunner } from "../http/http-runner.ts";
import type { Runner } from "../runner.ts";

export interface Attached {
  readonly engine: FakeRunner;
  readonly runner: Runner;
  /** What the engine got last. */
  lastRequest(): LoggedRequest;
  detach(): Promise<void>;
}

/** Waits until the runner knows its engine. */
export async function attach(
  settings: FakeRunnerSettingsChange,
  runnerSettings: Partial<HttpRunnerSettings> = {},
): Promise<Attached> {
  const attached = await startBoth(settings, runnerSettings);
  await becomesReady(attached.runner);
  return attached;
}

/** Longer than it takes by far: the runner looks again every half second. */
export async function becomesReady(runner: Runner): Promise<void> {
  const ready = () => expect(runner.status()).toMatchObject({ state: "ready" });
  await vi.waitFor(ready, { timeout: 10_000, interval: 10 });
}

/** Does not wait for anything. */
export async function startBoth(
  settings: FakeRunnerSettingsChange,
  runnerSettings: Partial<HttpRunnerSettings> = {},
): Promise<Attached> {
  const engine = await startFakeRunner(settings);
  const runner = createHttpRunner(
    { kind: "http", id: "r", url: engine.url, ...runnerSettings },
    { log: { info: () => undefined, warn: () => undefined, error: () => undefined }, onChange: () => undefined },
  );
  runner.start();
  return {
    engine,
    runner,
    lastRequest() {
      const request = engine.report().requests.at(-1);
      if (request === undefined) throw new Error("the engine got no request");
      return request;
    },
    async detach() {
      await runner.stop();
      await engine.close();
    },
  };
}

export interface ReceivedChoice {
  content: string;
  reasoning: string;
  calls: { id: string | undefined; name: string | undefined; arguments: string }[];
  logprobs: TokenLogprob[];
  finishReasons: FinishReason[];
}

export interface Received {
  choices: ReceivedChoice[];
  audio: Buffer;
  usage: Usage;
}

export interface GenerateOptions {
  signal?: AbortSignal;
  onDelta?: (delta: Delta) => void;
  onUsage?: (usage: Usage) => void;
}

export async function generate(
  runner: Runner,
  request: GenerationRequest,
  { signal = new AbortController().signal, onDelta, onUsage = () => undefined }: GenerateOptions = {},
): Promise<Received> {
  const choices: ReceivedChoice[] = [];
  const audio: Buffer[] = [];
  const usage = await runner.generate({ requestId: "q", request, signal, onUsage }, (delta) => {
    choices[delta.index] ??= { content: "", reasoning: "", calls: [], logprobs: [], finishReasons: [] };
    const choice = choices[delta.index];
    if (choice !== undefined) collect(choice, delta);
    if (delta.audio !== undefined) audio.push(Buffer.from(delta.audio, "base64"));
    onDelta?.(delta);
  });
  return { choices, audio: Buffer.concat(audio), usage };
}

function collect(choice: ReceivedChoice, delta: Delta): void {
  choice.content += delta.content ?? "";
  choice.reasoning += delta.reasoning ?? "";
  for (const { index, id, name, arguments: text = "" } of delta.toolCalls ?? []) {
    const call = choice.calls[index];
    if (call === undefined) choice.calls[index] = { id, name, arguments: text };
    else call.arguments += text;
  }
  choice.logprobs.push(...(delta.logprobs ?? []));
  if (delta.finishReason !== undefined) choice.finishReasons.push(delta.finishReason);
}
