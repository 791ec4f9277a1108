import { hostname } from "node:os";
import type { RunnerStatus, WorkerState } from "@tera/protocol";
import { expect, test } from "vitest";
import type { LocalPort } from "../engines/look-for-engines.ts";
import { checkEngines } from "./check-engines.ts";

const nothing: LocalPort = { kind: "nothing", port: 8_000 };
const webServer: LocalPort = { kind: "other", port: 8_080, what: "answers 404" };
const ollama: LocalPort = {
  kind: "engine",
  port: 11_434,
  url: "http://127.0.0.1:11434",
  engine: "ollama",
  title: "Ollama 0.12.3",
  models: [{ id: "qwen3:8b", isLoaded: false }],
};

function worker(models: string[], change: Partial<RunnerStatus> = {}, host = hostname()): WorkerState {
  const served = models.map((id) => ({
    id,
    created: 0,
    ownedBy: "x",
    inputModalities: ["text" as const],
    outputModalities: ["text" as const],
    features: [],
    samplingParameters: [],
  }));
  const runner: RunnerStatus = {
    id: "r",
    kind: "http",
    engine: "ollama",
    state: "ready",
    models: served,
    slots: 1,
    busy: 0,
    ...change,
  };
  return { version: 1, workerId: "w", host, startedAtMs: 0, draining: false, runners: [runner], gpus: [] };
}

test.each(["127.0.0.1:11434", "localhost:11434", "[::1]:11434"])("an engine at %s is attached", (address) => {
  expect(checkEngines([nothing, ollama], [worker(["qwen3:8b"], { address })])).toEqual([
    { check: "port 11434", status: "ok", found: "Ollama 0.12.3 with qwen3:8b, attached as r." },
  ]);
});

test.each([
  ["no worker", []],
  ["a runner elsewhere", [worker(["m"], { address: "10.0.0.7:11434" })]],
  ["a runner on another port", [worker(["m"], { address: "127.0.0.1:1434" })]],
  ["another machine's worker", [worker(["m"], { address: "127.0.0.1:11434" }, "other")]],
])("with %s an engine is not attached, and there is a way", (_name, workers) => {
  expect(checkEngines([ollama], workers)).toMatchObject([
    { status: "warning", fix: expect.stringContaining("--runner http://127.0.0.1:11434") },
  ]);
});

test("where nobody knows the workers, an engine is only named", () => {
  expect(checkEngines([ollama], undefined)).toMatchObject([{ status: "ok", found: "Ollama 0.12.3 with qwen3:8b." }]);
});

test("an engine without a model needs one", () => {
  expect(checkEngines([{ ...ollama, models: [] }], [])).toMatchObject([{ status: "warning", fix: expect.any(String) }]);
});

test("where none answers, one is suggested to whoever has but the demo model", () => {
  for (const workers of [undefined, [], [worker(["tera/tera-nano"])]]) {
    const [other, none] = checkEngines([nothing, webServer], workers);
    expect(other).toEqual({ check: "port 8080", status: "skipped", found: "It answers 404." });
    expect(none).toMatchObject({ check: "engines", status: "warning", fix: expect.stringContaining("vllm serve") });
    expect(none?.found).toContain("8000, 8080");
  }
  expect(checkEngines([nothing], [worker(["org/own"])])).toMatchObject([{ status: "skipped" }]);
});
