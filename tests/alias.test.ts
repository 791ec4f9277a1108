/** A model that is asked for by another name: the same model, price and key scope, live and in a batch. */

import { createModelStore } from "@tera/access";
import { usageEvent } from "@tera/database";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { eq } from "drizzle-orm";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack();

test("a model answers to its alias", async () => {
  const { db } = stack.database;
  const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
  await redis.connect();
  await createModelStore({ db }).setModel(stack.model, { aliases: ["gpt-4o-mini"] });
  await publishInvalidation(redis, { type: "catalog" });
  redis.disconnect();

  const account = await stack.keys.createAccount({ name: "scoped", kind: "postpaid" });
  const { apiKey } = await stack.keys.createKey({ accountId: account.id, name: "k", modelScope: [stack.model] });
  const client = new OpenAI({ apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
  const body = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Hello!" }], max_tokens: 4 };
  await expect
    .poll(async () => (await client.chat.completions.create(body).catch(() => undefined))?.model, { timeout: 5_000 })
    .toBe("gpt-4o-mini");
  expect((await client.models.retrieve("gpt-4o-mini")).id).toBe(stack.model);
  expect((await client.models.list()).data.map(({ id }) => id)).not.toContain("gpt-4o-mini");

  const line = JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/chat/completions", body });
  const file = await client.files.create({ file: await toFile(Buffer.from(line), "in.jsonl"), purpose: "batch" });
  const { id } = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  await expect
    .poll(async () => (await client.batches.retrieve(id)).status, { timeout: 30_000, interval: 100 })
    .toBe("completed");
  expect((await client.batches.retrieve(id)).request_counts?.completed).toBe(1);
  const rows = await db.select().from(usageEvent).where(eq(usageEvent.accountId, account.id));
  expect(new Set(rows.map(({ model }) => model))).toEqual(new Set([stack.model]));
});
