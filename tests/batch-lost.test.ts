/** Whatever is killed under a batch, each of its lines has one result and was charged once: a gateway, a worker, and all that Redis knows. */
import { usageEvent } from "@tera/database";
import { checkLedger, createPriceStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { eq } from "drizzle-orm";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2, workers: 2, fakeRunners: 2, runner: { slots: 8, msPerToken: 10 } });
const { db } = stack.database;
const linesCount = 400;

test("gateway, worker and Redis are lost in the middle of a batch", { timeout: 120_000 }, async () => {
  const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
  await redis.connect();
  const validFrom = new Date(Date.now() - 1_000);
  await createPriceStore({ db }).addPrice({ model: stack.model, outputNano: 1_000n, author: "test", validFrom });
  await publishInvalidation(redis, { type: "prices" });

  const survivor = stack.gateways[1];
  const client = new OpenAI({ apiKey: stack.apiKey, baseURL: `${survivor?.url}/v1`, maxRetries: 5 });
  const lines = Array.from({ length: linesCount }, (_, index) =>
    JSON.stringify({
      custom_id: `line-${index}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: stack.model, messages: [{ role: "user", content: `say ${index}` }], max_tokens: 10 },
    }),
  );
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join("\n")), "in.jsonl"),
    purpose: "batch",
  });
  const { id } = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  const done = async () => (await client.batches.retrieve(id)).request_counts?.completed ?? 0;
  const untilDone = (count: number) => expect.poll(done, { timeout: 60_000, interval: 50 }).toBeGreaterThan(count);

  await untilDone(20);
  await stack.gateways[0]?.process.kill("SIGKILL");
  await untilDone((await done()) + 20);
  await stack.workers[0]?.process.kill("SIGKILL");
  await untilDone((await done()) + 20);
  await redis.flushall();
  redis.disconnect();
  await expect
    .poll(async () => (await client.batches.retrieve(id)).status, { timeout: 90_000, interval: 200 })
    .toBe("completed");

  const batch = await client.batches.retrieve(id);
  expect(batch.request_counts).toEqual({ total: linesCount, completed: linesCount, failed: 0 });
  const output = (await (await client.files.content(batch.output_file_id ?? "")).text()).trim().split("\n");
  const results = output.map((each) => JSON.parse(each));
  expect(results.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, index) => `line-${index}`));
  const events = await db.select().from(usageEvent).where(eq(usageEvent.accountId, stack.accountId));
  expect(events.map(({ requestId }) => requestId).sort()).toEqual(
    results.map(({ response }) => response.request_id).sort(),
  );
  expect(events.reduce((sum, { chargeNano }) => sum + chargeNano, 0n)).toBe(BigInt(linesCount) * 10_000n);
  expect(await checkLedger({ db })).toEqual([]);
});
