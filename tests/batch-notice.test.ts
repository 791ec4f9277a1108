/** The end of a batch is told to the operator's webhook, signed, once it can be fetched. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI, { toFile } from "openai";
import { afterAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

interface Told {
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}
const told: Told[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => {
    body += text;
  });
  request.on("end", () => {
    told.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
}).listen(0, "127.0.0.1");
await once(receiver, "listening");
afterAll(() => void receiver.close());

const secret = Buffer.alloc(32, 9);
const stack = await useStack({
  runner: { slots: 4, msPerToken: 1 },
  env: {
    gateway: {
      TERA_GATEWAY_NOTICE_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/notices`,
      TERA_GATEWAY_NOTICE_SECRET: `whsec_${secret.toString("base64")}`,
    },
  },
});
const client = new OpenAI({ baseURL: stack.baseUrl, apiKey: stack.apiKey, maxRetries: 0 });

async function start(lines: readonly object[]): Promise<string> {
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  const { id } = await client.files.create({ file: await toFile(Buffer.from(text), "in.jsonl"), purpose: "batch" });
  const endpoint = "/v1/chat/completions";
  return (await client.batches.create({ input_file_id: id, endpoint, completion_window: "24h" })).id;
}

const line = (customId: string) => ({
  custom_id: customId,
  method: "POST",
  url: "/v1/chat/completions",
  body: { model: stack.model, messages: [{ role: "user", content: "hi" }], max_tokens: 2 },
});

/** Of this batch, as the receiver got it. */
async function noticeOf(batchId: string): Promise<Told> {
  await expect.poll(() => told.some(({ body }) => body.includes(batchId)), { timeout: 100_000 }).toBe(true);
  const found = told.find(({ body }) => body.includes(batchId));
  if (found === undefined) throw new Error("nothing was told");
  return found;
}

// Notices that wait are looked for once a minute.
test("each end of a batch is told, with its counts and files, signed with the secret", {
  timeout: 150_000,
}, async () => {
  const [id, broken] = await Promise.all([start([line("a"), line("b")]), start([line("same"), line("same")])]);
  const { headers, body } = await noticeOf(id);
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", secret).update(signed).digest("base64")}`);
  const { type, data } = JSON.parse(body);
  expect(type).toBe("batch.ended");
  expect(data).toMatchObject({
    batchId: id,
    status: "completed",
    requestCounts: { total: 2, completed: 2, failed: 0 },
    errorFileId: null,
  });
  // Whoever is told can fetch at once.
  expect((await (await client.files.content(data.outputFileId)).text()).trim().split("\n")).toHaveLength(2);
  const refused = JSON.parse((await noticeOf(broken)).body).data;
  expect(refused).toMatchObject({ batchId: broken, status: "failed", outputFileId: null });
});
