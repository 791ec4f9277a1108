import { Agent } from "node:http";
import { type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chatPath } from "../targets/target.ts";
import { readStream } from "./sse-client.ts";

const model = "bench/test";
const agent = new Agent({ keepAlive: true });
let runner: FakeRunner;

beforeAll(async () => {
  runner = await startFakeRunner({ models: [model], maxModelLen: 100 });
});
afterAll(async () => {
  agent.destroy();
  await runner.close();
});

function ask(tokens: number, path = chatPath) {
  let chunks = 0;
  const answer = readStream({
    endpoint: { url: runner.url + path, headers: {}, model },
    agent,
    prompt: "Count for me.",
    tokens,
    onChunk: () => chunks++,
  });
  return { answer, chunks: () => chunks };
}

test("every token of a stream is counted, and the first one is timed", async () => {
  const { answer, chunks } = ask(20);
  expect((await answer).ttftMs).toBeGreaterThan(0);
  expect(chunks()).toBe(20);
});

test("an answer shorter than it was asked to be is an error", async () => {
  runner.set({ tokens: 5 });
  await expect(ask(20).answer).rejects.toThrow("after 5 of 20 tokens");
  runner.set({ tokens: null });
});

test("a refusal is an error", async () => {
  await expect(ask(1_000).answer).rejects.toThrow("status 400");
  await expect(ask(1, "/nothing").answer).rejects.toThrow("status 404");
});
