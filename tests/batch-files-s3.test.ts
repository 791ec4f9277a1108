/** A batch whose files are in an S3-compatible store: uploaded, read, written, fetched and deleted there; and what is said when it is away. */
import { fileChunk } from "@tera/database";
import { startTestS3 } from "@tera/testkit";
import OpenAI, { toFile } from "openai";
import { afterAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const s3 = await startTestS3();
const stack = await useStack({
  runner: { slots: 4, msPerToken: 1 },
  env: {
    gateway: {
      TERA_FILES_S3_ENDPOINT: s3.url,
      TERA_FILES_S3_BUCKET: s3.bucket,
      TERA_FILES_S3_ACCESS_KEY_ID: s3.accessKeyId,
      TERA_FILES_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    },
  },
});
afterAll(() => s3.close());
const client = new OpenAI({ baseURL: stack.baseUrl, apiKey: stack.apiKey, maxRetries: 0 });

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
