/** For tests: the demo model in a real engine process, and what a client would see of an answer. */
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ChatGeneration, CompletionGeneration, Delta, GenerationRequest, Usage } from "@tera/protocol";
import type { LlamaRunnerSettings } from "../../worker-file.ts";
import type { Runner } from "../runner.ts";
import { createLlamaRunner } from "./llama-runner.ts";

export const demoModel = fileURLToPath(new URL("../../../../../models/tera-nano/tera-nano.gguf", import.meta.url));

export interface TestRunner {
  runner: Runner;
  /** Of the engine processes so far. */
  pids: number[];
  /** Resolves when the runner is in this state. */
  until(state: string): Promise<void>;
}

export function startTestRunner(settings: Partial<LlamaRunnerSettings> = {}): TestRunner {
  const changes = new EventEmitter();
  const pids: number[] = [];
  const runner = createLlamaRunner(
    { kind: "llama", id: "nano", model: demoModel, name: "tera/tera-nano", slots: 4, gpu: "off", ...settings },
    {
      modelsDir: "unused",
      onChange: () => changes.emit("change"),
      log: {
        info(fields) {
          if ("pid" in fields && typeof fields.pid === "number") pids.push(fields.pid);
        },
        warn: () => undefined,
        error: () => undefined,
      },
    },
  );
  runner.start();
  return {
    runner,
    pids,
    async until(state) {
      while (runner.status().state !== state) await once(changes, "change");
    },
  };
}

export function chat(content: string, more: Partial<ChatGeneration> = {}): ChatGeneration {
  return {
    kind: "chat",
    model: "tera/tera-nano",
    messages: [{ role: "user", content }],
    n: 1,
    ...more,
    sampling: { temperature: 0, maxTokens: 200, ...more.sampling },
  };
}

export function completion(prompt: string | number[], more: Partial<CompletionGeneration> = {}): CompletionGeneration {
  return {
    kind: "completion",
    model: "tera/tera-nano",
    prompts: [prompt],
    echo: false,
    n: 1,
    ...more,
    sampling: { temperature: 0, maxTokens: 20, ...more.sampling },
  };
}

export interface Answer {
  deltas: Delta[];
  usage: Usage;
  content: string;
  reasoning: string;
  finishReason: string | undefined;
  calls: { id: string; name: string; arguments: string }[];
}

export async function ask(
  runner: Runner,
  request: GenerationRequest,
  options: { signal?: AbortSignal; onDelta?(delta: Delta): void } = {},
): Promise<Answer> {
  const deltas: Delta[] = [];
  const usage = await runner.generate(
    { requestId: "req_test", request, signal: options.signal ?? new AbortController().signal },
    (delta) => {
      deltas.push(delta);
      options.onDelta?.(delta);
    },
  );
  return { deltas, usage, ...readChoice(deltas, 0) };
}

/** Joins what belongs to one choice, as a client does. */
export function readChoice(deltas: readonly Delta[], index: number): Omit<Answer, "deltas" | "usage"> {
  const own = deltas.filter((delta) => delta.index === index);
  const calls: Answer["calls"] = [];
  for (const delta of own.flatMap(({ toolCalls }) => toolCalls ?? [])) {
    calls[delta.index] ??= { id: delta.id ?? "", name: delta.name ?? "", arguments: "" };
    const call = calls[delta.index];
    if (call !== undefined) call.arguments += delta.arguments ?? "";
  }
  return {
    content: own.map(({ content }) => content ?? "").join(""),
    reasoning: own.map(({ reasoning }) => reasoning ?? "").join(""),
    finishReason: own.find(({ finishReason }) => finishReason !== undefined)?.finishReason,
    calls,
  };
}
