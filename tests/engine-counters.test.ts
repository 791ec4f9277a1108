/** What is metered against what engines count, through the whole stack: honest traffic agrees to the token, and what goes past the meter shows, with its sign and its cause. */
import { compareEngineCounts, type EngineDrift, storeEngineCounts, toDriftFindings } from "@tera/metering";
import { connectRedis, readEngineCounts } from "@tera/queue";
import { type Stack, startStack } from "@tera/testkit";
import OpenAI from "openai";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";

const log = { info: () => undefined, warn: () => undefined };
const stacks: Stack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
});

async function start(dialect: "vllm" | "sglang" | "llamacpp", msPerToken = 0): Promise<Stack> {
  const stack = await startStack({ runner: { dialect, msPerToken, slots: 16 } });
  stacks.push(stack);
  return stack;
}

const message = (content: string) => [{ role: "user" as const, content }];
const clientOf = ({ apiKey, baseUrl: baseURL }: Stack) => new OpenAI({ apiKey, baseURL, maxRetries: 0 });

/** Ends the workers, which read the counters once more, and compares an hour later. */
async function compare(stack: Stack): Promise<{ drifts: EngineDrift[]; words: string[] }> {
  for (const { process } of stack.workers) await process.stop();
  const redis = connectRedis(stack.redisUrl, { name: "test", log });
  await redis.connect();
  const { counts } = await readEngineCounts(redis, log);
  redis.disconnect();
  await storeEngineCounts(stack.database.db, counts);
  const { drifts, stretches } = await compareEngineCounts(stack.database.db, new Date(Date.now() + 3_600_000));
  expect(stretches).toBeGreaterThan(0);
  const words = toDriftFindings(drifts).map(({ problem, cause }) => `${problem}: ${cause}`);
  return { drifts, words };
}

test.each(["vllm", "sglang", "llamacpp"] as const)(
  "%s: streams, whole answers, refusals, clients that leave, failed attempts and canaries are no drift",
  async (dialect) => {
    const stack = await start(dialect, 2);
    const client = clientOf(stack);
    const base = { model: stack.model };
    const asks = Array.from({ length: 12 }, async (_, index) => {
      const body = { ...base, messages: message(`Tell me of counters, part ${index % 3}.`), max_tokens: 20 + index };
      if (index % 2 === 0) return void (await client.chat.completions.create(body));
      for await (const _chunk of await client.chat.completions.create({ ...body, stream: true }));
    });
    const leaving = Array.from({ length: 3 }, async (_, index) => {
      const stream = await client.chat.completions.create({
        ...base,
        messages: message("Go on."),
        max_tokens: 50_000,
        stream: true,
      });
      let received = 0;
      for await (const _chunk of stream) if (++received > 5 * index) break;
    });
    await Promise.all([...asks, ...leaving]);
    await client.chat.completions
      .create({ ...base, messages: message("x ".repeat(300_000)), max_tokens: 5 })
      .catch(() => undefined);
    await stack.runners[0]?.control({ faults: [{ kind: "reset-mid-stream", afterTokens: 5, times: 1 }] });
    await client.chat.completions
      .create({ ...base, messages: message("Once more."), max_tokens: 30 })
      .catch(() => undefined);
    await stack.runners[0]?.control({ faults: [] });
    await expect.poll(async () => (await stack.runners[0]?.report())?.running).toBe(0);
    await usageRows(stack, 15);
    expect((await compare(stack)).drifts).toEqual([]);
  },
);

test("a client that goes past the gateway, and usage that is lost, are drift with sign and cause", async () => {
  const stack = await start("vllm");
  const client = clientOf(stack);
  for (let index = 0; index < 4; index++) {
    await client.chat.completions.create({ model: stack.model, messages: message("Count me."), max_tokens: 100 });
  }
  const direct = await fetch(`${stack.runners[0]?.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: stack.model, messages: message("Do not count me."), max_tokens: 400 }),
  });
  expect(direct.status).toBe(200);
  await direct.text();
  await usageRows(stack, 4);
  // As somebody with all rights: Tera itself cannot.
  const owner = new pg.Client({ connectionString: stack.databaseUrl });
  await owner.connect();
  await owner.query("set session_replication_role = replica");
  await owner.query("delete from usage_event where request_id = (select min(request_id) from usage_event)");
  await owner.end();
  const { drifts, words } = await compare(stack);
  expect(drifts.filter(({ measure }) => measure === "completion")).toMatchObject([
    { workerId: "worker-1", runnerId: "runner-1", problem: "engine_counted_more", tokens: 400 },
    { workerId: "worker-1", runnerId: "runner-1", problem: "usage_not_booked", tokens: 100 },
  ]);
  expect(words).toEqual([
    expect.stringMatching(/^engine_counted_more: Other clients ask the engine directly/),
    expect.stringMatching(/^usage_not_booked: Usage was lost between worker and ledger/),
  ]);
});
