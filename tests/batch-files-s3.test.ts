/** A batch whose files are in an S3-compatible store: uploaded, read, written, fetched and deleted there; and what is said when it is away. */
import { createAdminTokenStore } from "@tera/access";
import { fileChunk } from "@tera/database";
import { startTestS3 } from "@tera/testkit";
import OpenAI, { toFile } from "openai";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { useStack } from "./support/use-stack.ts";

const s3 = await startTestS3();
const settings = {
  TERA_FILES_S3_ENDPOINT: s3.url,
  TERA_FILES_S3_BUCKET: s3.bucket,
  TERA_FILES_S3_ACCESS_KEY_ID: s3.accessKeyId,
  TERA_FILES_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
};
const stack = await useStack({
  runner: { slots: 4, msPerToken: 1 },
  dashboard: true,
  env: { gateway: settings, dashboard: settings },
});
afterAll(() => s3.close());
const client = new OpenAI({ baseURL: stack.baseUrl, apiKey: stack.apiKey, maxRetries: 0 });

const idSchema = z.object({ id: z.string() });
const line = (index: number) =>
  JSON.stringify({
    custom_id: `line-${index}`,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: stack.model, messages: [{ role: "user", content: "hi" }], max_tokens: 2 },
  });

test("files go there and come back, and Postgres has none of their bytes", async () => {
  const text = Array.from({ length: 20 }, (_, index) => line(index)).join("\n");
  const input = await client.files.create({ file: await toFile(Buffer.from(text), "in.jsonl"), purpose: "batch" });
  const created = await client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  await expect
    .poll(async () => (await client.batches.retrieve(created.id)).status, { timeout: 45_000, interval: 100 })
    .toBe("completed");
  const { output_file_id: outputId } = await client.batches.retrieve(created.id);
  const output = await (await client.files.content(outputId ?? "")).text();
  expect(output.trim().split("\n")).toHaveLength(20);
  expect(await (await client.files.content(input.id)).text()).toBe(text);
  expect(await stack.database.db.select().from(fileChunk)).toEqual([]);

  expect(await client.files.delete(input.id)).toMatchObject({ deleted: true });
  await expect(client.files.content(input.id)).rejects.toMatchObject({ status: 404 });
});

test("the dashboard puts files there, and hands out what batches wrote", async () => {
  const { token } = await createAdminTokenStore(stack.database).createToken({
    name: "test",
    role: "owner",
    accountId: null,
    expiresAt: null,
    createdBy: "test",
  });
  const ask = (method: string, path: string, type: string, body?: string) =>
    fetch(`${stack.dashboardUrl}/admin/api${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body }),
    });
  const query = new URLSearchParams({ accountId: stack.accountId, filename: "by-hand.jsonl" });
  const uploaded = await ask("POST", `/files?${query}`, "application/jsonl", line(0));
  const { id: inputFileId } = idSchema.parse(await uploaded.json());
  const start = { keyId: stack.keyId, inputFileId, endpoint: "/v1/chat/completions" };
  const started = await ask("POST", "/batches", "application/json", JSON.stringify(start));
  const { id } = idSchema.parse(await started.json());
  await expect.poll(async () => (await client.batches.retrieve(id)).status, { timeout: 45_000 }).toBe("completed");
  expect(await (await ask("GET", `/batches/${id}/input`, "")).text()).toBe(line(0));
  expect(await (await ask("GET", `/batches/${id}/output`, "")).text()).toContain('"custom_id":"line-0"');
  expect(await stack.database.db.select().from(fileChunk)).toEqual([]);
});

test("while it is away uploads are refused, and a batch waits until it is back", async () => {
  const upload = async () =>
    client.files.create({ file: await toFile(Buffer.from(line(0)), "in.jsonl"), purpose: "batch" });
  const { id: fileId } = await upload();
  await s3.pause();
  await expect(upload()).rejects.toMatchObject({ status: 503, code: "storage_unavailable" });
  const { id } = await client.batches.create({
    input_file_id: fileId,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  // A step of the batch failed, for the second time at least.
  await expect.poll(() => stack.logs().split("check that it runs").length, { timeout: 30_000 }).toBeGreaterThan(3);
  expect((await client.batches.retrieve(id)).status).toBe("validating");
  await s3.resume();
  await expect.poll(async () => (await client.batches.retrieve(id)).status, { timeout: 45_000 }).toBe("completed");
});
