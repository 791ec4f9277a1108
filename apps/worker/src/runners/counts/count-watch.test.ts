import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import type { ChatGeneration, CompletionGeneration, EngineMeasure, GenerationRequest } from "@tera/protocol";
import { type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterEach, expect, it, vi } from "vitest";
import { createHttpRunner } from "../http/http-runner.ts";
import type { Runner } from "../runner.ts";
import type { RunnerCount } from "./count-watch.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const engines = ["vllm", "sglang", "llamacpp"] as const;
type Settings = NonNullable<Parameters<typeof startFakeRunner>[0]>;

async function startFake(settings: Settings): Promise<FakeRunner> {
  const fake = await startFakeRunner({ models: ["m"], ...settings });
  cleanups.push(() => fake.close());
  return fake;
}

interface Watched {
  runner: Runner;
  told: RunnerCount[];
  warnings: object[];
  /** What it tells when it stops: of all that it did. */
  stop(): Promise<RunnerCount>;
}

async function startRunner(url: string, readyTimeoutMs = 5_000): Promise<Watched> {
  const told: RunnerCount[] = [];
  const warnings: object[] = [];
  const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields), error: () => undefined };
  const runner = createHttpRunner(
    { kind: "http", id: "r", url },
    { log, onChange: () => undefined, onCounted: (count) => told.push(count) },
  );
  cleanups.push(() => runner.stop());
  runner.start();
  await vi.waitFor(() => expect(runner.status().state).toBe("ready"), { timeout: readyTimeoutMs });
  const stop = async () => {
    await runner.stop();
    const last = told.at(-1);
    if (last === undefined) throw new Error("nothing was told");
    return last;
  };
  return { runner, told, warnings, stop };
}

const text =
  "When the counters of an engine and the usage of its clients agree, nothing was lost on the way from one to the other.";
const chat = (maxTokens: number, more: Partial<ChatGeneration> = {}): ChatGeneration => ({
  kind: "chat",
  model: "m",
  messages: [{ role: "user", content: text }],
  n: 1,
  sampling: { maxTokens },
  ...more,
});

async function generate(
  runner: Runner,
  request: GenerationRequest,
  options: { isCanary?: boolean; cutAfter?: number } = {},
) {
  const abort = new AbortController();
  let deltas = 0;
  const { cutAfter, ...task } = options;
  return runner.generate({ requestId: "q", request, signal: abort.signal, ...task }, () => {
    if (++deltas === cutAfter) abort.abort();
  });
}

const isWithin = (inner: { min: number; max: number }, outer: { min: number; max: number }) =>
  inner.max >= outer.min && inner.min <= outer.max;
/** What was counted fits what was heard. */
const agrees = ({ counted, made }: EngineMeasure) => isWithin(counted, made);

it.each(engines)("%s: what it counts is what its answers said, to the token", async (dialect) => {
  const fake = await startFake({ dialect });
  const { runner, stop } = await startRunner(fake.url);
  const canary = await generate(runner, chat(1), { isCanary: true });
  let [prompt, cached, completion] = [0, 0, 0];
  // The second time a part of the prompt is in the cache.
  for (const maxTokens of [40, 7, 3]) {
    const usage = await generate(runner, chat(maxTokens));
    prompt += usage.promptTokens;
    cached += usage.cachedTokens;
    completion += usage.completionTokens;
  }
  const count = await stop();
  const skipped = dialect === "llamacpp" ? cached + canary.cachedTokens : 0;
  const exactly = (tokens: number) => ({ min: tokens, max: tokens });
  expect(count).toMatchObject({
    runnerId: "r",
    engine: dialect,
    engineAddress: `${hostname()}:${new URL(fake.url).port}`,
    prompt: {
      served: exactly(prompt),
      canary: canary.promptTokens - (dialect === "llamacpp" ? canary.cachedTokens : 0),
    },
    completion: { served: exactly(completion), canary: canary.completionTokens },
  });
  expect(count.prompt.counted).toEqual(exactly(prompt + canary.promptTokens - skipped));
  expect(count.prompt.made).toEqual(count.prompt.counted);
  expect(count.completion.counted).toEqual(exactly(completion + canary.completionTokens));
  expect(count.completion.made).toEqual(count.completion.counted);
});

it.each(engines)("%s: what others ask of it is counted and was not made for us", async (dialect) => {
  const fake = await startFake({ dialect });
  const { runner, stop } = await startRunner(fake.url);
  await generate(runner, chat(10));
  await fetch(`${fake.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: `${text} ${text}` }], max_tokens: 300 }),
  }).then((response) => response.text());
  const { prompt, completion } = await stop();
  expect(prompt.counted.min).toBeGreaterThan(prompt.made.max);
  expect(completion.counted.min - completion.made.max).toBe(300);
});

it.each(engines)(
  "%s: several answers to one prompt, several prompts, refusals and answers that were cut fit their bounds",
  async (dialect) => {
    const fake = await startFake({ dialect, msPerToken: 1 });
    const { runner, stop } = await startRunner(fake.url);
    await generate(runner, chat(20, { n: 3 })).catch(() => undefined);
    const prompts = [text, `b ${text}`];
    const completion: CompletionGeneration = {
      kind: "completion",
      model: "m",
      prompts,
      echo: false,
      n: 1,
      sampling: { maxTokens: 9 },
    };
    await generate(runner, completion).catch(() => undefined);
    await generate(runner, chat(5_000), { cutAfter: 30 });
    await generate(runner, chat(5_000), { cutAfter: 1 });
    await expect(
      generate(runner, chat(5, { messages: [{ role: "user", content: "long ".repeat(200_000) }] })),
    ).rejects.toThrow();
    const known = await generate(runner, chat(50));
    await vi.waitFor(() => expect(fake.report().running).toBe(0));
    const count = await stop();
    expect(agrees(count.prompt), JSON.stringify(count.prompt)).toBe(true);
    expect(agrees(count.completion), JSON.stringify(count.completion)).toBe(true);
    expect(count.completion.made.min).toBeGreaterThanOrEqual(known.completionTokens);
  },
);

it("an answer that is under way when the counters are read is bounded, and so is one that began before", async () => {
  const fake = await startFake({ msPerToken: 20 });
  const { runner, told, stop } = await startRunner(fake.url);
  const now = Date.now;
  let deltas = 0;
  const under = runner.generate(
    { requestId: "q", request: chat(600), signal: new AbortController().signal },
    () => deltas++,
  );
  await vi.waitFor(() => expect(deltas).toBeGreaterThan(20));
  // An hour later: the stretch is over, another begins. Only the clock of dates is moved.
  vi.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
  await vi.waitFor(() => expect(new Set(told.map(({ openedAtMs }) => openedAtMs)).size).toBe(2), { timeout: 10_000 });
  fake.set({ msPerToken: 1 });
  await under;
  const second = await stop();
  const first = told.findLast(({ openedAtMs }) => openedAtMs !== second.openedAtMs);
  if (first === undefined) throw new Error("there is no first stretch");
  expect(first.completion.counted.min + second.completion.counted.min).toBe(600);
  expect([first, second].map(({ completion }) => agrees(completion))).toEqual([true, true]);
  expect([first, second].map(({ completion }) => completion.made.min)).toEqual([0, 0]);
  expect(second.openedAtMs).toBeGreaterThanOrEqual(first.closedAtMs);
});

it.each(engines)("%s: a restart begins another stretch, and what is lost with it is in none", async (dialect) => {
  const fake = await startFake({ dialect });
  const port = Number(new URL(fake.url).port);
  const { runner, told, stop } = await startRunner(fake.url);
  await generate(runner, chat(100));
  await fake.close();
  await vi.waitFor(() => expect(runner.status().state).toBe("unhealthy"), { timeout: 8_000 });
  await startFake({ dialect, port });
  await vi.waitFor(() => expect(runner.status().state).toBe("ready"), { timeout: 8_000 });
  await generate(runner, chat(8));
  const count = await stop();
  expect(new Set(told.map(({ openedAtMs }) => openedAtMs)).size).toBe(2);
  expect(count.completion).toMatchObject({ counted: { min: 8, max: 8 }, made: { min: 8, max: 8 } });
});

/** A vLLM as far as its listing goes, with metrics of its own. */
async function startPages(metrics: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/metrics") metrics(response);
    else
      response.end(
        JSON.stringify({ object: "list", data: [{ id: "m", object: "model", created: 1, owned_by: "vllm" }] }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("an engine without counters serves all the same, and the log says how to have them", async () => {
  const url = await startPages((response) => response.writeHead(404).end());
  const { runner, told, warnings } = await startRunner(url);
  await runner.stop();
  expect(told).toEqual([]);
  expect(warnings).toEqual([{ engine: "vllm", status: 404, howToEnable: "start vLLM without --disable-log-stats" }]);
});

it("an engine whose page of counters breaks off or says nonsense is ready, and nothing is told that it did not say", async () => {
  const url = await startPages((response) =>
    response.end('vllm:prompt_tokens_total{model_name="m} 5\nvllm:generation_tokens_total NaN\nvllm:x{'),
  );
  const { stop } = await startRunner(url);
  expect(await stop()).toMatchObject({ prompt: { counted: { min: 0, max: 0 } }, completion: { counted: { min: 0 } } });
});
