import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatGeneration, Delta } from "@tera/protocol";
import { expectedChat, type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterEach, expect, it, vi } from "vitest";
import type { Runner } from "../runner.ts";
import { createHttpRunner } from "./http-runner.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function startRunner(url: string): Runner {
  const runner = createHttpRunner({ kind: "http", id: "r", url, slots: 4 }, { log, onChange: () => undefined });
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
async function startBroken(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer((request, response) => {
    if (request.url === "/v1/models") response.end(JSON.stringify({ data: [{ id: "m" }] }));
    else answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each<[string, Parameters<typeof createServer>[1], string]>([
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
