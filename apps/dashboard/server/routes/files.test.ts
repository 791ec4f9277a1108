import { request } from "node:http";
import { Readable } from "node:stream";
import { createAccountStore, createKeyStore } from "@tera/access";
import { batchDetailsSchema } from "@tera/admin-api/batches";
import { uploadedFileSchema } from "@tera/admin-api/files";
import { madeKeySchema } from "@tera/admin-api/keys";
import { auditEvent, batch, file, fileChunk } from "@tera/database";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Ask, startTestDashboard, testFileMaxBytes, testOrigin, testSecret } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const { db } = dashboard;
const acme = await dashboard.createAccount("Acme");
const beta = await dashboard.createAccount("Beta");
const admin = await dashboard.withToken("admin");
const customer = await dashboard.signIn("member", acme);
const jsonl = { "content-type": "application/jsonl" };
const endpoint = "/v1/chat/completions";

beforeEach(async () => {
  await db.delete(batch);
  await db.delete(file);
  await db.delete(fileChunk);
});

function line(id: string, url: string = endpoint): string {
  return JSON.stringify({ custom_id: id, method: "POST", url, body: { model: "m", messages: [] } });
}

const lines = (count: number) => Array.from({ length: count }, (_, at) => line(`c${at}`)).join("\n");

async function send(content: string | object, { ask = customer, accountId = acme, headers = jsonl } = {}) {
  const query = new URLSearchParams({ accountId, filename: "letters.jsonl" });
  return ask("POST", `/files?${query}`, typeof content === "string" ? Buffer.from(content) : content, headers);
}

async function upload(accountId = acme): Promise<string> {
  return uploadedFileSchema.parse((await send(lines(2), { ask: admin, accountId })).body).id;
}

async function makeKey(accountId: string): Promise<string> {
  return madeKeySchema.parse((await admin("POST", "/keys", { accountId, name: "laptop" })).body).key.id;
}

const start = (ask: Ask, keyId: string, inputFileId: string, more: object = {}) =>
  ask("POST", "/batches", { keyId, inputFileId, endpoint, ...more });

const trailOf = (id: string) => db.select().from(auditEvent).where(eq(auditEvent.objectId, id));

async function expectNothingKept(): Promise<void> {
  expect(await db.select().from(file)).toEqual([]);
  expect(await db.select({ id: fileChunk.fileId }).from(fileChunk)).toEqual([]);
}

test("a file that comes in pieces is kept as it was sent, for as long as the settings say, with an entry in the audit log", async () => {
  const text = lines(900).padEnd(1_048_576 + 1, "\n");
  const inPieces = Array.from({ length: 17 }, (_, at) => text.slice(at * 65_536, (at + 1) * 65_536));
  const { status, body } = await send(Readable.from(inPieces.map((piece) => Buffer.from(piece))));
  expect(status, JSON.stringify(body)).toBe(200);
  const uploaded = uploadedFileSchema.parse(body);
  expect(uploaded).toMatchObject({ accountId: acme, name: "letters.jsonl", bytes: text.length });
  const leftMs = Date.parse(uploaded.expiresAt ?? "") - Date.now();
  expect(leftMs).toBeGreaterThan(86_000_000);
  expect(leftMs).toBeLessThanOrEqual(86_400_000);
  expect(await trailOf(uploaded.id)).toMatchObject([
    { action: "file.upload", objectName: "letters.jsonl", accountId: acme, after: { bytes: text.length } },
  ]);
  const answer = await start(customer, await makeKey(acme), uploaded.id);
  const { id } = batchDetailsSchema.parse(answer.body);
  expect((await customer("GET", `/batches/${id}/input`)).body).toBe(text);
});

test.for([
  ["is empty", "", "The file is empty."],
  ["is not JSON", "a,b\n1,2", "Line 1: it is not JSON"],
  ["has a bad line", `${line("a")}\n\n{"custom_id": "b"}\n`, "Line 3: `method`"],
  ["is for another endpoint", line("a", "/v1/embeddings"), "Line 1: `url`"],
  ["is not text", Buffer.from([0xff, 0xfe, 0x0a]), "Line 1 cannot be read: it is not UTF-8"],
  ["has a line that is too long", `${line("a")}\n${"x".repeat(8_193)}`, "Line 2 cannot be read"],
  ["has too many lines", lines(1_001), "a file may have 1000 lines"],
  ["is too large", lines(900).padEnd(testFileMaxBytes + 1, "\n"), `A file may have ${testFileMaxBytes} bytes`],
] as const)("a file that %s is refused in words, and nothing of it stays", async ([, content, message]) => {
  expect(await send(content)).toMatchObject({
    status: 400,
    body: { error: { code: "invalid_request", message: expect.stringContaining(message), fields: [{ path: "file" }] } },
  });
  await expectNothingKept();
});

describe("on a connection of its own", async () => {
  const url = await dashboard.app.listen({ host: "127.0.0.1", port: 0 });
  const path = `/admin/api/files?${new URLSearchParams({ accountId: acme, filename: "a.jsonl" })}`;
  const headers = { ...jsonl, authorization: `Bearer ${await dashboard.tokenOf("admin")}` };
  const piece = Buffer.from("\n".repeat(65_536));

  test("who sends more than is taken, and does not say so before, still reads why", async () => {
    const pieces = Array.from({ length: 4 * Math.ceil(testFileMaxBytes / piece.length) }, () => piece);
    const body = Readable.toWeb(Readable.from(pieces));
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body, duplex: "half" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { fields: [{ path: "file" }] } });
    await expectNothingKept();
  });

  test("so many at once of an account are taken, and the next is told to come again", async () => {
    const slow = Array.from({ length: 4 }, () => {
      const upload = request(`${url}${path}`, { method: "POST", headers }).on("error", () => undefined);
      upload.write(piece);
      return upload;
    });
    await expect.poll(async () => (await send(lines(1))).status, { timeout: 20_000 }).toBe(429);
    expect((await send(lines(1))).body).toMatchObject({ error: { code: "too_many_requests" } });
    for (const upload of slow) upload.destroy();
    await expect.poll(async () => (await send(lines(1))).status, { timeout: 20_000 }).toBe(200);
  });

  test("of who goes away half-way nothing stays", async () => {
    const leaving = request(`${url}${path}`, { method: "POST", headers });
    leaving.on("error", () => undefined);
    for (let sent = 0; sent < 8; sent++) leaving.write(piece);
    await vi.waitFor(async () => expect(await db.$count(fileChunk)).toBeGreaterThan(0), { timeout: 20_000 });
    leaving.destroy();
    await vi.waitFor(expectNothingKept, { timeout: 20_000 });
  });
});

test("nothing but JSON Lines is taken", async () => {
  for (const type of ["application/json", "multipart/form-data; boundary=x", "text/plain"])
    expect((await send(lines(1), { headers: { "content-type": type } })).status).toBe(400);
  await expectNothingKept();
});

test("a file goes to an account that whoever sends it may use", async () => {
  expect((await send(lines(1), { accountId: beta })).status).toBe(404);
  expect((await send(lines(1), { ask: admin, accountId: "acct_none" })).status).toBe(404);
  for (const role of ["viewer", "billing"] as const)
    expect((await send(lines(1), { ask: await dashboard.withToken(role) })).status).toBe(403);
  expect((await send(lines(1), { ask: dashboard.anybody })).status).toBe(401);
  await expectNothingKept();
});

test("a browser sends one from the dashboard's own page only", async () => {
  const elsewhere = { ...jsonl, origin: testOrigin.replace("localhost", "evil.example") };
  expect((await send(lines(1), { headers: elsewhere })).status).toBe(403);
  await expectNothingKept();
});

test("a batch is started under a key of the account, and the audit log says so", async () => {
  const [keyId, inputFileId] = [await makeKey(acme), await upload()];
  const { status, body } = await start(customer, keyId, inputFileId, { metadata: { run: "7" } });
  expect(status, JSON.stringify(body)).toBe(200);
  const started = batchDetailsSchema.parse(body);
  expect(started).toMatchObject({
    accountId: acme,
    keyId,
    fileName: "letters.jsonl",
    endpoint,
    status: "validating",
    metadata: { run: "7" },
  });
  expect(Date.parse(started.expiresAt) - Date.parse(started.createdAt)).toBe(24 * 3_600_000);
  expect(await trailOf(started.id)).toMatchObject([
    { action: "batch.create", objectName: "letters.jsonl", accountId: acme, after: { keyId, inputFileId, endpoint } },
  ]);
});

test("keys and files of others are not there", async () => {
  const [own, strange] = [await upload(), await upload(beta)];
  const [key, strangeKey] = [await makeKey(acme), await makeKey(beta)];
  expect((await start(customer, strangeKey, own)).status).toBe(404);
  expect((await start(customer, key, strange)).status).toBe(404);
  // Also where the operator sees both: whose key it is, whose file it must be.
  expect((await start(admin, strangeKey, own)).status).toBe(404);
  expect((await start(await dashboard.withToken("viewer"), key, own)).status).toBe(403);
  expect(await db.select().from(batch)).toEqual([]);
});

test("a key that opens nothing starts no batch", async () => {
  const inputFileId = await upload();
  const keys = createKeyStore({ db, secret: testSecret });
  const keyId = await makeKey(acme);
  await keys.revokeKey(keyId);
  expect(await start(customer, keyId, inputFileId)).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringContaining("revoked"), fields: [{ path: "keyId" }] } },
  });
  const closed = await dashboard.createAccount("Closed");
  const [closedKey, closedFile] = [await makeKey(closed), await upload(closed)];
  await createAccountStore({ db }).disableAccount(closed);
  expect((await start(admin, closedKey, closedFile)).status).toBe(409);
  expect(await db.select().from(batch).orderBy(desc(batch.createdAt))).toEqual([]);
});

test.for([
  ["an endpoint that has no batches", { endpoint: "/v1/embeddings" }, "endpoint"],
  ["metadata that is too long", { metadata: { run: "x".repeat(513) } }, "metadata.run"],
  [
    "too much metadata",
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, ""])) },
    "metadata",
  ],
] as const)("%s is refused", async ([, more, path]) => {
  expect(await start(customer, await makeKey(acme), await upload(), more)).toMatchObject({
    status: 400,
    body: { error: { fields: [{ path }] } },
  });
});
