/**
 * A gateway stands still for so long that others take it for dead, and goes on: what it has open ends as its usage record says, whoever has written that meanwhile.
 *
 * The other gateway's looks at what the paused one owes are seen by a copy that cannot be read: who looks drops it.
 */
import { connectRedis, keys } from "@tera/queue";
import { expectedChat } from "@tera/testkit";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { usageRow, usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2, workers: 2, fakeRunners: 2, runner: { slots: 4, msPerToken: 20 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const redis = connectRedis(stack.redisUrl, {
  name: "test",
  log: { info: () => undefined, warn: () => undefined },
});
const messages = [{ role: "user" as const, content: "A story." }];
const body = { model: stack.model, messages, max_tokens: 200 };
const long = { ...body, max_tokens: 5_000 };
const patience = { interval: 50, timeout: 30_000 };
const paused = "gateway-1";

beforeAll(() => redis.connect());
afterAll(() => redis.disconnect());
afterEach(() => stack.gateways[0]?.process.kill("SIGCONT"));

async function runningAt(): Promise<number[]> {
  const alive = stack.runners.filter(({ process }) => process.running);
  return (await Promise.all(alive.map((runner) => runner.report()))).map(({ running }) => running);
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** Its replies wait for it, however slow this machine is. */
async function pause(): Promise<void> {
  await stack.gateways[0]?.process.kill("SIGSTOP");
  await redis.persist(keys.reply(paused));
}

async function untilTakenOver(): Promise<void> {
  const decoy = (await redis.xadd(keys.usage(paused), "*", "usage", "{}")) ?? "";
  await expect.poll(() => redis.xrange(keys.usage(paused), decoy, decoy), patience).toEqual([]);
}

/** How many requests the engines got. */
async function generations(): Promise<number> {
  const reports = await Promise.all(stack.runners.map((runner) => runner.report()));
  return sum(reports.map(({ requests }) => requests.length));
}

test("an answer that the worker broke off meanwhile is an error, and never ends as if it were whole", async () => {
  const whole = client.chat.completions.create(long);
  const failed = expect(whole).rejects.toMatchObject({ code: "worker_lost" });
  const stream = await client.chat.completions.create({ ...long, stream: true });
  const broken = expect(
    (async () => {
      for await (const _ of stream);
    })(),
  ).rejects.toMatchObject({ code: "worker_lost" });
  await expect.poll(async () => sum(await runningAt()), patience).toBe(2);
  await pause();
  await expect.poll(async () => sum(await runningAt()), patience).toBe(0);
  await stack.gateways[0]?.process.kill("SIGCONT");
  await Promise.all([failed, broken]);
  expect(await usageRows(stack, 2)).toHaveLength(2);
});

test("what was lost to it is not made again, because others may have settled it", async () => {
  const before = { rows: (await usageRows(stack, 0)).length, generations: await generations() };
  const failed = expect(client.chat.completions.create(long)).rejects.toMatchObject({ code: "worker_lost" });
  await expect.poll(async () => sum(await runningAt()), patience).toBe(1);
  await pause();
  await expect.poll(async () => sum(await runningAt()), patience).toBe(0);
  await untilTakenOver();
  await expect.poll(async () => (await usageRows(stack, 0)).length, patience).toBe(before.rows + 1);
  await redis.del(keys.reply(paused));
  await stack.gateways[0]?.process.kill("SIGCONT");
  await failed;
  expect(await generations()).toBe(before.generations + 1);
  expect((await usageRows(stack, 0)).at(-1)).toMatchObject({ status: "cancelled", gatewayId: paused });
});

test("a request whose attempt failed meanwhile is tried again, and charged what its answer cost", async () => {
  const asking = client.chat.completions.create(body).withResponse();
  asking.catch(() => undefined);
  await expect.poll(async () => sum(await runningAt()), patience).toBe(1);
  await pause();
  const busy = (await runningAt()).indexOf(1);
  await stack.runners[busy]?.process.kill("SIGKILL");
  const logs = () => stack.workers[busy]?.process.logs.some((line) => line.includes("an attempt failed"));
  await expect.poll(logs, patience).toBe(true);
  await untilTakenOver();
  await stack.gateways[0]?.process.kill("SIGCONT");

  const { data, response } = await asking;
  expect(data.choices[0]?.message.content).toBe(expectedChat(body).choices[0]?.content);
  const row = await usageRow(stack, response.headers.get("x-request-id") ?? "");
  expect(row).toMatchObject({ status: "succeeded", attempts: 2, completionTokens: body.max_tokens });
});
