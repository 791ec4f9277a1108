/** Under which names engines' models are offered, and when: a part of conformance that has other questions for each engine. */
import type { ChatGeneration } from "@tera/protocol";
import { expectedChat, type FakeRunnerSettingsChange } from "@tera/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { type Attached, attach, becomesReady, generate, startBoth } from "./conformance-attach.ts";

type DialectName = NonNullable<FakeRunnerSettingsChange["dialect"]>;

const messages = [{ role: "user" as const, content: "Who are you?" }];
const chat = (model: string): ChatGeneration => ({ kind: "chat", model, messages, n: 1, sampling: { maxTokens: 8 } });

async function answers({ runner }: Attached, model: string): Promise<void> {
  const { choices } = await generate(runner, chat(model));
  expect(choices[0]?.content).toBe(expectedChat({ messages, max_tokens: 8 }).choices[0]?.content);
}

async function started(settings: FakeRunnerSettingsChange, runner?: Partial<HttpRunnerSettings>): Promise<Attached> {
  const attached = await startBoth(settings, runner);
  onTestFinished(() => attached.detach());
  return attached;
}

async function ready(settings: FakeRunnerSettingsChange, runner?: Partial<HttpRunnerSettings>): Promise<Attached> {
  const attached = await attach(settings, runner);
  onTestFinished(() => attached.detach());
  return attached;
}

describe("the models of an engine", () => {
  it.each<[DialectName, string, string]>([
    ["llamacpp", "/models/Qwen3-8B-Q4_K_M.gguf", "Qwen3-8B-Q4_K_M"],
    ["llamacpp", "ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", "ggml-org/gemma-3-4b-it-GGUF"],
    ["tgi", "/data/qwen3", "qwen3"],
    ["trtllm", "/engines/llama/", "llama"],
    ["sglang", "/root/.cache/qwen3", "qwen3"],
    ["ollama", "llama3.2", "llama3.2"],
    ["ollama", "qwen3:8b", "qwen3:8b"],
    ["lmstudio", "qwen3-8b", "qwen3-8b"],
  ])("of %s called %s are offered as %s", async (dialect, engineId, publicId) => {
    const attached = await ready({ dialect, models: [engineId] });
    expect(attached.runner.status().models.map(({ id }) => id)).toEqual([publicId]);
    await answers(attached, publicId);
  });

  it.each<[DialectName, string]>([
    ["llamacpp", "/models/Qwen3-8B-Q4_K_M.gguf"],
    ["ollama", "qwen3:8b"],
    ["lmstudio", "qwen3-8b"],
    ["trtllm", "/engines/qwen"],
    ["generic", "local"],
  ])(
    "of %s are offered under the names that the worker's file gives them, and its own name is not told",
    async (dialect, own) => {
      const attached = await ready({ dialect, models: [own] }, { models: { "Qwen/Qwen3-8B": own } });
      expect(attached.runner.status().models.map(({ id }) => id)).toEqual(["Qwen/Qwen3-8B"]);
      await answers(attached, "Qwen/Qwen3-8B");
      const error = await generate(attached.runner, { ...chat("Qwen/Qwen3-8B"), messages: [] }).catch(String);
      expect(error).not.toContain(own);
    },
  );

  it.each<[DialectName]>([["vllm"], ["sglang"], ["generic"]])("of %s are all offered", async (dialect) => {
    const attached = await ready({ dialect, models: ["org/a", "org/b"] });
    expect(attached.runner.status().models.map(({ id }) => id)).toEqual(["org/a", "org/b"]);
    await answers(attached, "org/b");
    expect(attached.lastRequest().understood["model"]).toBe("org/b");
  });

  it.each<[DialectName]>([["ollama"], ["lmstudio"]])(
    "of %s are all offered, and only one in memory is tried by itself",
    async (dialect) => {
      const { runner } = await ready({ dialect, models: ["org/loaded", "org/idle"], maxModelLen: 2_048 });
      const [loaded, idle] = runner.status().models;
      expect([loaded?.id, idle?.id]).toEqual(["org/loaded", "org/idle"]);
      // What it was loaded with; the others have at most what they could have.
      expect(loaded?.contextLength).toBe(2_048);
      expect(runner.canaryModel()?.id).toBe("org/loaded");
    },
  );
});

describe("an engine's key", () => {
  const withKey = ["vllm", "sglang", "llamacpp", "tgi", "lmstudio", "generic"] as const;

  it.each(withKey)("is shown to %s", async (dialect) => {
    const attached = await ready({ dialect, apiKey: "sk-right", models: ["org/m"] }, { apiKey: "sk-right" });
    await answers(attached, "org/m");
  });

  it.each(withKey)("that is wrong keeps %s from getting requests, or is no client's mistake", async (dialect) => {
    const { runner } = await started({ dialect, apiKey: "sk-right", models: ["org/m"] }, { apiKey: "sk-wrong" });
    if (dialect === "llamacpp" || dialect === "tgi") {
      // What they tell of their model, and their health, is open to everybody.
      await becomesReady(runner);
      await expect(generate(runner, chat("org/m"))).rejects.toMatchObject({
        code: "runner_failed",
        detail: expect.stringContaining("apiKey"),
      });
    } else {
      await vi.waitFor(() => expect(runner.status().reason).toMatch(/401/), { timeout: 10_000 });
      expect(runner.status()).toMatchObject({ state: "unhealthy", models: [] });
    }
  });
});

it.each<[DialectName]>([["sglang"], ["llamacpp"], ["tgi"], ["trtllm"]])(
  "%s gets no request while it loads its model, and is ready when it has",
  async (dialect) => {
    const { engine, runner } = await started({ dialect, condition: "loading", models: ["org/m"] });
    await vi.waitFor(() => expect(runner.status().reason).toMatch(/503/), { timeout: 10_000 });
    expect(runner.status()).toMatchObject({ state: "starting", models: [] });
    engine.set({ condition: "serving" });
    await becomesReady(runner);
    expect(runner.status().models).toHaveLength(1);
  },
);
