/** Retries that nobody sees: another replica answers, the record says what happened. */
import { expectedChat } from "@tera/testkit";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { usageRow } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({
  workers: 2,
  fakeRunners: 2,
  runner: { msPerToken: 5, slots: 4 },
  env: { worker: { TERA_WORKER_DRAIN_MS: "200" } },
});
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const body = { model: stack.model, messages: [{ role: "user" as const, content: "A story." }], max_tokens: 5 };
const expected = expectedChat(body).choices[0]?.content;

afterEach(async () => {
  for (const runner of stack.runners) if (runner.process.running) await runner.control({ faults: null });
});

/** Asks until a request has met the bad runner: which one takes it is chance. */
async function askUntilFailedOver() {
  for (let asked = 0; asked < 50; asked++) {
    const { data, response } = await client.chat.completions.create(body).withResponse();
    expect(data.choices[0]?.message.content).toBe(expected);
    const row = await usageRow(stack, response.headers.get("x-request-id") ?? "");
    if (row.failedAttempts.length > 0) return row;
  }
  throw new Error("no request met the bad runner");
}

test("a failed attempt is made again on the other worker, and the usage row says where it failed and why", async () => {
  await stack.runners[0]?.control({ faults: [{ kind: "status", status: 500 }] });
  const row = await askUntilFailedOver();
  expect(row).toMatchObject({ status: "succeeded", attempts: 2, workerId: "worker-2", runnerId: "runner-2" });
  expect(row.failedAttempts).toEqual([
    { attempt: 1, workerId: "worker-1", runnerId: "runner-1", code: "runner_failed" },
  ]);
});

test("what the client did wrong is not tried again, and is told without the engine's inner names", async () => {
  const refused = client.chat.completions.create({ ...body, max_tokens: 10_000_000 });
  await expect(refused).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
});

test("a worker that must stop before its streams have ended breaks them off, and never ends them as if they were whole", async () => {
  const long = { ...body, max_tokens: 1_000, stream: true as const };
  const streams = await Promise.all(Array.from({ length: 8 }, () => client.chat.completions.create(long)));
  const ends = streams.map(async (stream) => {
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  });
  const settled = Promise.allSettled(ends);
  await expect
    .poll(async () => (await Promise.all(stack.runners.map((runner) => runner.report()))).map(({ running }) => running))
    .toEqual([4, 4]);
  await stack.workers[1]?.process.stop();
  const whole = expectedChat(long).choices[0]?.content;
  const outcomes = await settled;
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(4);
  for (const outcome of outcomes) if (outcome.status === "fulfilled") expect(outcome.value).toBe(whole);
});

test("when every replica has too much to do, the client is told when to come back", async () => {
  for (const runner of stack.runners) {
    await runner.control({ faults: [{ kind: "status", status: 429, retryAfterS: 17 }] });
  }
  const refused: unknown = await client.chat.completions.create(body).catch((error: unknown) => error);
  if (!(refused instanceof OpenAI.APIError)) throw new Error("it was not refused");
  expect(refused).toMatchObject({ status: 503, code: "runner_overloaded" });
  expect(refused.headers?.get("retry-after")).toBe("17");
});
