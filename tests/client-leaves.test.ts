/** The client leaves: the engine's slot is free again within a second, and what was generated is on record. */
import OpenAI from "openai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { msPerToken: 5, slots: 2 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const endless = { model: stack.model, messages: [{ role: "user" as const, content: "Go on." }], max_tokens: 100_000 };

async function report() {
  const [runner] = stack.runners;
  if (runner === undefined) throw new Error("no runner");
  return runner.report();
}

beforeEach(async () => {
  await stack.runners[0]?.clear();
});
afterEach(async () => {
  await stack.runners[0]?.control({ ttftMs: 0, slots: 2 });
});

/** Waits for the slot and says how long it took. */
async function freedAfterMs(): Promise<number> {
  const leftAtMs = performance.now();
  await expect.poll(async () => (await report()).running, { interval: 10, timeout: 5_000 }).toBe(0);
  return performance.now() - leftAtMs;
}

test("in the middle of a stream", async () => {
  const before = (await usageRows(stack, 0)).length;
  const stream = await client.chat.completions.create({ ...endless, stream: true });
  let received = 0;
  for await (const _ of stream) if (++received === 10) break;
  expect(await freedAfterMs()).toBeLessThan(1_000);
  const { totals } = await report();
  expect(totals).toMatchObject({ aborted: 1, finished: 0 });
  const row = (await usageRows(stack, before + 1)).at(-1);
  expect(row?.status).toBe("cancelled");
  expect(row?.completionTokens).toBeGreaterThanOrEqual(received - 1);
  expect(row?.completionTokens).toBeLessThanOrEqual(totals.generatedTokens);
});

test("while it waits for a whole answer", async () => {
  const leave = new AbortController();
  const answer = client.chat.completions.create(endless, { signal: leave.signal });
  await expect
    .poll(async () => (await report()).requests[0]?.generatedTokens ?? 0, { interval: 10 })
    .toBeGreaterThan(3);
  leave.abort();
  await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  expect(await freedAfterMs()).toBeLessThan(1_000);
  expect((await report()).totals.aborted).toBe(1);
});

test("before the first token", async () => {
  await stack.runners[0]?.control({ ttftMs: 60_000 });
  const leave = new AbortController();
  const answer = client.chat.completions.create({ ...endless, stream: true }, { signal: leave.signal });
  await expect.poll(async () => (await report()).running, { interval: 10 }).toBe(1);
  leave.abort();
  await expect(answer).rejects.toThrow();
  expect(await freedAfterMs()).toBeLessThan(1_000);
});

test("while it waits for a slot: the engine never hears of it", async () => {
  const leave = new AbortController();
  const running = [1, 2].map(() =>
    client.chat.completions.create({ ...endless, stream: true }, { signal: leave.signal }),
  );
  await expect.poll(async () => (await report()).running, { interval: 10 }).toBe(2);
  const leaveQueue = new AbortController();
  const waiting = client.chat.completions.create({ ...endless, stream: true }, { signal: leaveQueue.signal });
  const refused = expect(waiting).rejects.toThrow();
  await expect
    .poll(async () => (await fetch(`${stack.gateways[0]?.operationsUrl}/metrics`)).text(), { interval: 20 })
    .toMatch(/open_requests\S* 3/);
  leaveQueue.abort();
  await refused;
  leave.abort();
  await Promise.allSettled(running);
  await freedAfterMs();
  expect((await report()).totals.received).toBe(2);
});
