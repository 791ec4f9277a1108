import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatGeneration, Delta, GenerationRequest } from "@tera/protocol";
import { expectedChat, type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import type { Runner } from "../runner.ts";
import { createHttpRunner } from "./http-runner.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function startRunner(url: string, settings: Partial<HttpRunnerSettings> = {}): Runner {
  const runner = createHttpRunner({ kind: "http", id: "r", url, ...settings }, { log, onChange: () => undefined });
  cleanups.push(() => runner.stop());
  runner.start();
  return runner;
}

async function startFake(settings: Parameters<typeof startFakeRunner>[0] = {}): Promise<FakeRunner> {
  const fake = await startFakeRunner(settings);
  cleanups.push(() => fake.close());
  return fake;
}

function chat(model: string, maxTokens: number): ChatGeneration {
  return { kind: "chat", model, messages: [{ role: "user", content: "hi" }], n: 1, sampling: { maxTokens } };
}

const ready = (runner: Runner) => vi.waitFor(() => expect(runner.status().state).toBe("ready"));

async function generate(runner: Runner, request: GenerationRequest) {
  const deltas: Delta[] = [];
  const task = { requestId: "q", request, signal: new AbortController().signal };
  const usage = await runner.generate(task, (delta) => deltas.push(delta));
  return { deltas, usage, content: deltas.map((delta) => delta.content ?? "").join("") };
}

it.each(["", "/", "/v1", "/v1/"])("finds the models of a server whose address ends in '%s'", async (ending) => {
  const fake = await startFake({ models: ["org/a", "org/b"] });
  const runner = startRunner(fake.url + ending);
  await ready(runner);
  expect(runner.status().models.map((model) => model.id)).toEqual(["org/a", "org/b"]);
});

it("yields the engine's text and the engine's own counts", async () => {
  const fake = await startFake({ models: ["m"] });
  const runner = startRunner(fake.url);
  await ready(runner);
  const deltas: Delta[] = [];
  const task = { requestId: "q", request: chat("m", 5), signal: new AbortController().signal };
  const usage = await runner.generate(task, (delta) => deltas.push(delta));
  const expected = expectedChat({ model: "m", messages: [{ role: "user", content: "hi" }], max_tokens: 5 });
  expect(deltas.map((delta) => delta.content ?? "").join("")).toBe(expected.choices[0]?.content);
  expect(usage).toMatchObject({ completionTokens: 5, source: "engine" });
});

it("stops the engine when it is aborted, and says what was generated until then", async () => {
  const fake = await startFake({ models: ["m"], msPerToken: 5 });
  const runner = startRunner(fake.url);
  await ready(runner);
  const abort = new AbortController();
  let seen = 0;
  const usage = await runner.generate({ requestId: "q", request: chat("m", 10_000), signal: abort.signal }, () => {
    if (++seen === 3) abort.abort();
  });
  expect(usage).toMatchObject({ completionTokens: 3, source: "engine" });
  await vi.waitFor(() => expect(fake.report()).toMatchObject({ running: 0 }));
});

it.each([["hang-before-headers" as const], ["hang-mid-stream" as const]])(
  "counts nothing for an engine that had not said a word when it was stopped (%s)",
  async (kind) => {
    const fake = await startFake({
      models: ["m"],
      faults: [{ kind, ...(kind === "hang-mid-stream" ? { afterTokens: 0 } : {}) }],
    });
    const runner = startRunner(fake.url);
    await ready(runner);
    const abort = new AbortController();
    const usage = runner.generate({ requestId: "q", request: chat("m", 10), signal: abort.signal }, () => undefined);
    await vi.waitFor(() => expect(fake.report().requests.at(-1)?.fault).toBe(kind));
    abort.abort();
    expect(await usage).toMatchObject({
      completionTokens: 0,
      ...(kind === "hang-before-headers" ? { promptTokens: 0 } : {}),
    });
  },
);

it("counts the whole text of speech that was stopped once there was sound, and nothing before", async () => {
  const fake = await startFake({ models: ["m"], msPerToken: 20 });
  const runner = startRunner(fake.url);
  await ready(runner);
  const request: GenerationRequest = { kind: "speech", model: "m", input: "a ".repeat(500), format: "pcm" };
  const abort = new AbortController();
  const heard = await runner.generate({ requestId: "q", request, signal: abort.signal }, () => abort.abort());
  expect(heard.speechCharacters).toBe(1_000);
  const never = new AbortController();
  never.abort();
  const unheard = await runner.generate({ requestId: "q", request, signal: never.signal }, () => undefined);
  expect(unheard.speechCharacters).toBe(0);
});

it("becomes unhealthy when the engine goes, says why, and ready when it is back", async () => {
  const fake = await startFake({ models: ["m"] });
  const runner = startRunner(fake.url);
  await ready(runner);
  const port = Number(new URL(fake.url).port);
  await fake.close();
  await vi.waitFor(
    () =>
      expect(runner.status()).toMatchObject({
        state: "unhealthy",
        reason: expect.stringContaining("cannot be reached"),
      }),
    { timeout: 8_000 },
  );
  await startFake({ models: ["m"], port });
  await vi.waitFor(() => expect(runner.status().state).toBe("ready"), { timeout: 8_000 });
});

/** A server that lists a model and answers everything else as told. */
function startBroken(answer: RequestListener): Promise<string> {
  return startServer((request, response) => {
    if (request.url === "/v1/models") response.end(JSON.stringify({ data: [{ id: "m" }] }));
    else answer(request, response);
  });
}

async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each<[string, RequestListener, string]>([
  ["answers 500", (_request, response) => response.writeHead(500).end("boom"), "runner_failed"],
  [
    "breaks off its stream",
    (_request, response) =>
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', () => response.destroy()),
    "runner_failed",
  ],
  [
    "ends its stream without an end",
    (_request, response) => response.end('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'),
    "runner_failed",
  ],
  ["hangs up before an answer", (request) => request.destroy(), "runner_failed"],
  [
    "answers with a page",
    (_request, response) => response.setHeader("content-type", "text/html; charset=utf-8").end("<html>hello</html>"),
    "runner_failed",
  ],
  ["sends what is no JSON", (_request, response) => response.end("data: {oops\n\n"), "runner_failed"],
  [
    "sends a line without end",
    (_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, "a");
      response.on("error", () => undefined).setHeader("content-type", "text/event-stream");
      response.write("data: ");
      const fill = () => {
        while (!response.destroyed && response.write(chunk));
        response.once("drain", fill);
      };
      fill();
    },
    "runner_failed",
  ],
  [
    "reports an error in its stream",
    (_request, response) => response.end('data: {"error":{"message":"boom","code":500}}\n\n'),
    "runner_failed",
  ],
  [
    "refuses our key",
    (_request, response) => response.writeHead(401).end('{"error":{"message":"bad key"}}'),
    "runner_failed",
  ],
  [
    "refuses the request",
    (_request, response) => response.writeHead(400).end('{"error":{"message":"no"}}'),
    "invalid_request",
  ],
])("fails with a typed error when the engine %s", async (_name, answer, code) => {
  const runner = startRunner(await startBroken(answer));
  await ready(runner);
  const task = { requestId: "q", request: chat("m", 5), signal: new AbortController().signal };
  await expect(runner.generate(task, () => undefined)).rejects.toMatchObject({
    code,
    retryable: code === "runner_failed",
  });
});

it("says how long an overloaded engine wants to be left alone", async () => {
  const runner = startRunner(
    await startBroken((_request, response) => response.writeHead(429, { "retry-after": "7" }).end("{}")),
  );
  await ready(runner);
  await expect(generate(runner, chat("m", 5))).rejects.toMatchObject({
    code: "runner_overloaded",
    retryable: true,
    retryAfterS: 7,
  });
});

it("takes a whole answer where a stream was asked for", async () => {
  const message = { role: "assistant", content: "Zürich" };
  const answer = {
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 2, completion_tokens: 1 },
  };
  const url = await startBroken((_request, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer)),
  );
  const runner = startRunner(url);
  await ready(runner);
  const { content, usage } = await generate(runner, chat("m", 5));
  expect([content, usage.completionTokens, usage.source]).toEqual(["Zürich", 1, "engine"]);
});

it("reads characters that are cut anywhere", async () => {
  const fake = await startFake({ models: ["m"], bytesPerWrite: 1 });
  const runner = startRunner(fake.url);
  await ready(runner);
  const expected = expectedChat({ model: "m", messages: [{ role: "user", content: "hi" }], max_tokens: 40 });
  expect((await generate(runner, chat("m", 40))).content).toBe(expected.choices[0]?.content);
});

describe("what an engine tells of itself", () => {
  it("is in the status: name, version, slots and context", async () => {
    const fake = await startFake({
      dialect: "llamacpp",
      models: ["/models/Small-Q4.gguf"],
      slots: 3,
      maxModelLen: 512,
    });
    const runner = startRunner(fake.url);
    await ready(runner);
    expect(runner.status()).toMatchObject({
      engine: "llamacpp",
      engineVersion: expect.stringMatching(/^b/),
      slots: 3,
      models: [{ id: "Small-Q4", contextLength: 512 }],
    });
  });

  it("gives way to the worker's file", async () => {
    const fake = await startFake({ dialect: "llamacpp", models: ["/models/a.gguf"], slots: 3 });
    const runner = startRunner(fake.url, { slots: 2, models: { "org/a": "/models/a.gguf" } });
    await ready(runner);
    expect(runner.status()).toMatchObject({ slots: 2, models: [{ id: "org/a" }] });
    expect((await generate(runner, chat("org/a", 5))).usage.completionTokens).toBe(5);
  });

  it("is asked for anew when the engine comes back, for it may be another one", async () => {
    const fake = await startFake({ dialect: "vllm", models: ["m"] });
    const runner = startRunner(fake.url);
    await ready(runner);
    const port = Number(new URL(fake.url).port);
    await fake.close();
    await vi.waitFor(() => expect(runner.status().state).toBe("unhealthy"), { timeout: 8_000 });
    await startFake({ dialect: "sglang", models: ["m"], port });
    await vi.waitFor(() => expect(runner.status()).toMatchObject({ state: "ready", engine: "sglang" }), {
      timeout: 8_000,
    });
  });

  it("is why a runner does not become ready", async () => {
    const loading = startRunner((await startFake({ dialect: "llamacpp", condition: "loading" })).url);
    const locked = startRunner((await startFake({ apiKey: "right" })).url, { apiKey: "wrong" });
    const other = startRunner((await startFake({ models: ["m"] })).url, { models: { "org/x": "x" } });
    const reason = (runner: Runner, state: string, words: string) =>
      vi.waitFor(() => expect(runner.status()).toMatchObject({ state, reason: expect.stringContaining(words) }));
    await reason(loading, "starting", "503");
    await reason(locked, "unhealthy", "401: the engine wants a key");
    await reason(other, "unhealthy", "none of the models");
  });
});

it("stays ready while an engine's pages are late, and says so", async () => {
  let isLate = false;
  const url = await startServer((request, response) => {
    if (request.url !== "/v1/models") response.writeHead(404).end();
    else if (!isLate) response.end(JSON.stringify({ data: [{ id: "m" }] }));
  });
  const states: string[] = [];
  const runner = createHttpRunner(
    { kind: "http", id: "r", url },
    { log, onChange: () => states.push(runner.status().state) },
  );
  cleanups.push(() => runner.stop());
  runner.start();
  await ready(runner);
  expect(runner.isLate?.()).toBe(false);
  isLate = true;
  await vi.waitFor(() => expect(runner.isLate?.()).toBe(true), { timeout: 20_000 });
  expect(runner.status().reason).toContain("do not answer within");
  isLate = false;
  await vi.waitFor(() => expect(runner.isLate?.()).toBe(false), { timeout: 20_000 });
  expect(runner.status().reason).toBeUndefined();
  expect(new Set(states)).toEqual(new Set(["ready"]));
}, 60_000);

it("asks SGLang for its health only until it is ready, for it generates to answer", async () => {
  const asked: (string | undefined)[] = [];
  const count = (path: string) => asked.filter((url) => url === path).length;
  const url = await startServer((request, response) => {
    asked.push(request.url);
    if (request.url === "/v1/models") response.end(JSON.stringify({ data: [{ id: "m", owned_by: "sglang" }] }));
    else response.writeHead(request.url === "/health" && count("/health") > 1 ? 200 : 503).end();
  });
  const runner = startRunner(url);
  await vi.waitFor(() => expect(runner.status().reason).toContain("/health answered 503"));
  await ready(runner);
  const [health, listings] = [count("/health"), count("/v1/models")];
  await vi.waitFor(() => expect(count("/v1/models")).toBeGreaterThan(listings + 1), { timeout: 8_000 });
  expect(count("/health")).toBe(health);
});

describe("a canary", () => {
  it.each([
    ["vllm", "a"],
    ["llamacpp", "a"],
    ["ollama", "a"],
    ["lmstudio", "a"],
    ["kokoro", "hexgrad/Kokoro-82M"],
  ] as const)("may use of %s a model that is loaded: %s", async (dialect, id) => {
    const runner = startRunner((await startFake({ dialect, models: ["a", "b"] })).url);
    expect(runner.canaryModel()).toBeUndefined();
    await ready(runner);
    expect(runner.canaryModel()?.id).toBe(id);
  });

  it("is not run where it would load a model, cost money, choose between strangers, or is switched off", async () => {
    const runners = [
      startRunner((await startFake({ dialect: "ollama", models: ["a", "b"] })).url, { models: { "org/b": "b" } }),
      startRunner((await startFake({ dialect: "openai", apiKey: "k" })).url, { engine: "hosted", apiKey: "k" }),
      startRunner((await startFake({ dialect: "generic", models: ["a", "b"] })).url),
      startRunner((await startFake()).url, { canary: false }),
    ];
    for (const runner of runners) {
      await ready(runner);
      expect(runner.canaryModel()).toBeUndefined();
    }
  });
});

it("refuses sound of a model that writes, and text of one that speaks", async () => {
  const speaker = startRunner((await startFake({ dialect: "kokoro" })).url);
  const writer = startRunner((await startFake({ dialect: "tgi", models: ["m"] })).url);
  await ready(speaker);
  await ready(writer);
  const refused = expect.objectContaining({ code: "unsupported_parameter", retryable: false });
  await expect(generate(speaker, chat("hexgrad/Kokoro-82M", 5))).rejects.toEqual(refused);
  await expect(generate(writer, { kind: "speech", model: "m", input: "hi", format: "wav" })).rejects.toEqual(refused);
});

it("names a model that went away to nobody but the operator, and lets another replica try", async () => {
  const runner = startRunner((await startFake({ models: ["m"] })).url);
  await ready(runner);
  await expect(generate(runner, chat("gone", 5))).rejects.toMatchObject({ code: "runner_failed", retryable: true });
});
