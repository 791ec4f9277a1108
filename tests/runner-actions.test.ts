/** What an operator does with a runner: drained, it ends what it has and gets nothing new; restarted, what it had goes elsewhere. */
import type { RunnerAction } from "@tera/protocol";
import { askRunnerAction, connectRedis, readWorkerStates } from "@tera/queue";
import { expectedChat, type StackRunner } from "@tera/testkit";
import OpenAI from "openai";
import { afterAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ fakeRunners: 2, runner: { msPerToken: 10, slots: 4 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
await redis.connect();
afterAll(() => redis.disconnect());

const story = { model: stack.model, messages: [{ role: "user" as const, content: "A long story." }], max_tokens: 100 };
const short = { ...story, max_tokens: 3 };
const contentOf = (body: typeof story) => expectedChat(body).choices[0]?.content;

const ask = (runnerId: string, action: RunnerAction) =>
  askRunnerAction(redis, { workerId: "worker-1", runnerId, action, timeoutMs: 10_000 });

async function until(runnerId: string, state: string): Promise<void> {
  await expect
    .poll(
      async () =>
        (await readWorkerStates(redis)).flatMap(({ runners }) => runners).find(({ id }) => id === runnerId)?.state,
      { timeout: 15_000 },
    )
    .toBe(state);
}

/** Of the requests that came with this many tokens to generate: canaries ask for fewer or more. */
async function requestsOf(runner: StackRunner, maxTokens: number): Promise<number> {
  const { requests } = await runner.report();
  return requests.filter(({ body }) => JSON.stringify(body).includes(`"max_tokens":${maxTokens}`)).length;
}

/** The runner that has the request, and the other. */
async function findBusy(
  maxTokens: number,
): Promise<{ id: string; busy: StackRunner; idle: StackRunner; idleId: string }> {
  return expect
    .poll(async () => Promise.all(stack.runners.map((runner) => requestsOf(runner, maxTokens))), { interval: 10 })
    .toContain(1)
    .then(async () => {
      const [first, second] = stack.runners;
      if (first === undefined || second === undefined) throw new Error("there are not two runners");
      return (await requestsOf(first, maxTokens)) === 1
        ? { id: "runner-1", busy: first, idle: second, idleId: "runner-2" }
        : { id: "runner-2", busy: second, idle: first, idleId: "runner-1" };
    });
}

test("a drained runner ends its stream whole and gets nothing new, until it is resumed", async () => {
  const begun = Promise.withResolvers<void>();
  async function read(): Promise<string> {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...story, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text !== "") begun.resolve();
    }
    return text;
  }
  const text = read();
  await begun.promise;
  const { id, busy, idle, idleId } = await findBusy(100);
  expect(await ask(id, "drain")).toMatchObject({ outcome: "accepted" });
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.chat.completions.create(short)));
  for (const { choices } of answers) expect(choices[0]?.message.content).toBe(contentOf(short));
  expect(await requestsOf(busy, 3)).toBe(0);
  expect(await requestsOf(idle, 3)).toBe(8);
  expect(await text).toBe(contentOf(story));
  await until(id, "drained");

  expect(await ask(id, "resume")).toMatchObject({ outcome: "accepted" });
  await until(id, "ready");
  await ask(idleId, "drain");
  expect((await client.chat.completions.create(short)).choices[0]?.message.content).toBe(contentOf(short));
  expect(await requestsOf(busy, 3)).toBe(1);
  await ask(idleId, "resume");
  await until(idleId, "ready");
});

test("what a runner had when it was restarted is answered by another, and the runner comes back", async () => {
  for (const runner of stack.runners) {
    await runner.clear();
    await runner.control({ ttftMs: 60_000 });
  }
  const answer = client.chat.completions.create(story);
  const { id } = await findBusy(100);
  // For what comes from now on.
  for (const runner of stack.runners) await runner.control({ ttftMs: 0 });
  expect(await ask(id, "restart")).toMatchObject({ outcome: "accepted" });
  expect((await answer).choices[0]?.message.content).toBe(contentOf(story));
  await until(id, "ready");
});
