import { Readable } from "node:stream";
import { batchDetailsSchema, batchPageSchema } from "@tera/admin-api/batches";
import { createBatchStore, createFileStore, createLineStore, createPostgresContent } from "@tera/batch";
import { batch } from "@tera/database";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { type Ask, startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const { db } = dashboard;
const files = createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } });
const batches = createBatchStore({ db });
const lines = createLineStore({ db, author: "gateway:g1" });
const acme = await dashboard.createAccount("Acme");
const beta = await dashboard.createAccount("Beta");

async function make(accountId: string, filename: string, models: Record<string, number> = { m: 4 }): Promise<string> {
  const upload = { accountId, purpose: "batch" as const, filename, expiresAt: null };
  const input = await files.write(upload, Readable.from([Buffer.from(`input of ${filename}`)]));
  const { id } = await batches.create({
    accountId,
    keyId: "key_1",
    endpoint: "/v1/chat/completions",
    inputFileId: input.id,
    completionWindow: "24h",
    windowMs: 86_400_000,
    metadata: null,
  });
  const named = Object.entries(models).flatMap(([model, count]) => Array<string>(count).fill(model));
  const added = named.map((model, at) => ({
    number: at + 1,
    customId: `c${at}`,
    model,
    byteOffset: at,
    byteLength: 1,
  }));
  await lines.add(id, added);
  await batches.begin(id, added.length, models);
  return id;
}

/** @param errorCode undefined: well, for a dollar */
async function endLine(batchId: string, number: number, errorCode?: string): Promise<void> {
  const [line] = await lines.begin([{ batchId, number }], "g1");
  if (line === undefined) throw new Error("the line is not open");
  const { attempt, customId } = line;
  const chargeNano = errorCode === undefined ? 1_000_000_000n : 0n;
  await lines.end([{ batchId, number, attempt, customId, errorCode, body: "{}", usage: undefined, chargeNano }]);
}

const [first, second, strange] = [
  await make(acme, "letters.jsonl"),
  await make(acme, "names_2.jsonl", { m: 2, n: 1 }),
  await make(beta, "secret.jsonl"),
];
const viewer = await dashboard.withToken("viewer");
const admin = await dashboard.withToken("admin");
const customer = await dashboard.withToken("member", acme);
const read = async (id: string, ask: Ask = viewer) =>
  batchDetailsSchema.parse((await ask("GET", `/batches/${id}`)).body);
const list = async (query: string, ask: Ask = viewer) =>
  batchPageSchema.parse((await ask("GET", `/batches?${query}`)).body);
const act = (ask: Ask, id: string, action: "cancel" | "pause" | "resume") =>
  ask("POST", `/batches/${id}/${action}`, {});

async function trailOf(id: string): Promise<unknown> {
  const { body } = await admin("GET", `/audit?objectId=${id}`);
  return body;
}

test("batches come the newest first, page by page", async () => {
  const page = await list("pageSize=2");
  expect(page.items.map(({ id }) => id)).toEqual([strange, second]);
  expect(page.total).toBe(3);
  expect((await list("pageSize=2&page=2")).items).toMatchObject([
    { id: first, accountName: "Acme", fileName: "letters.jsonl", counts: { total: 4 }, cost: "0", endedAt: null },
  ]);
});

test.for([
  ["search=LETTERS", [first]],
  ["search=names_", [second]],
  ["search=%25", []],
  [`search=${strange}`, [strange]],
  [`accountId=${acme}&sort=createdAt`, [first, second]],
  ["status=completed", []],
] as const)("they are narrowed by %s", async ([query, found]) => {
  const page = await list(query);
  expect(page.items.map(({ id }) => id)).toEqual(found);
  expect(page.total).toBe(found.length);
});

test("one tells what became of its lines, what they cost, of which models they are", async () => {
  const id = await make(acme, "told.jsonl", { m: 3, n: 2 });
  await endLine(id, 1);
  await endLine(id, 2, "runner_failed");
  await endLine(id, 3, "timeout");
  await endLine(id, 4, "timeout");
  const details = await read(id);
  expect(details).toMatchObject({
    counts: { total: 5, completed: 1, failed: 3 },
    cost: "1",
    models: [
      { model: "m", lines: 3 },
      { model: "n", lines: 2 },
    ],
    failures: [
      { code: "timeout", lines: 2 },
      { code: "runner_failed", lines: 1 },
    ],
    timeline: [{ moment: "created" }, { moment: "in_progress" }],
    files: { input: { name: "told.jsonl" }, output: null, error: null },
  });

  await batches.cancel(id);
  await batches.closeLines();
  await batches.complete(id, { outputFileId: null, errorFileId: null });
  await lines.removeResults(id);
  const ended = await read(id);
  expect(ended).toMatchObject({
    status: "cancelled",
    pace: null,
    failures: [{ code: "timeout", lines: 2 }, { code: "batch_cancelled", lines: 1 }, { code: "runner_failed" }],
  });
  expect(ended.timeline.map(({ moment }) => moment)).toEqual([
    "created",
    "in_progress",
    "cancelling",
    "finalizing",
    "cancelled",
  ]);
});

test("its pace says when it will end", async () => {
  const id = await make(acme, "pace.jsonl");
  await endLine(id, 1);
  await db
    .update(batch)
    .set({ inProgressAt: new Date(Date.now() - 60_000) })
    .where(eq(batch.id, id));
  const { pace } = await read(id);
  expect(pace?.linesPerMinute).toBeGreaterThan(0);
  expect(pace?.overMs).toBeGreaterThanOrEqual(60_000);
  // Three lines are left, of which each takes the minute.
  const leftMs = Date.parse(pace?.endsAt ?? "") - Date.now();
  expect(leftMs).toBeGreaterThan(150_000);
  expect(leftMs).toBeLessThan(600_000);
  await act(admin, id, "pause");
  expect((await read(id)).pace).toBeNull();
});

test("files are read by their owner and by who may read content", async () => {
  const download = await customer("GET", `/batches/${first}/input`);
  expect(download).toMatchObject({ status: 200, body: "input of letters.jsonl" });
  expect(download.headers["content-disposition"]).toBe("attachment; filename*=UTF-8''letters.jsonl");
  expect((await admin("GET", `/batches/${strange}/input`)).status).toBe(200);
  expect((await viewer("GET", `/batches/${first}/input`)).status).toBe(403);
  expect((await customer("GET", `/batches/${first}/output`)).status).toBe(404);
});

test("a customer pauses, resumes and cancels its own, and finds nobody else's", async () => {
  const id = await make(acme, "own.jsonl");
  expect((await act(customer, id, "pause")).body).toMatchObject({ status: "in_progress", pause: { by: "customer" } });
  expect((await act(customer, id, "resume")).body).toMatchObject({ pause: null });
  expect((await act(customer, id, "cancel")).body).toMatchObject({ status: "cancelling" });
  expect((await act(customer, id, "cancel")).status).toBe(200);
  expect((await act(customer, id, "pause")).status).toBe(409);
  expect(await trailOf(id)).toMatchObject({
    items: [
      { action: "batch.cancel", objectName: "own.jsonl", accountId: acme },
      { action: "batch.resume", before: { pause: "customer" }, after: { pause: null } },
      { action: "batch.pause", before: { pause: null }, after: { pause: "customer" } },
    ],
  });

  for (const path of ["", "/input"]) expect((await customer("GET", `/batches/${strange}${path}`)).status).toBe(404);
  for (const action of ["cancel", "pause", "resume"] as const)
    expect((await act(customer, strange, action)).status).toBe(404);
  expect((await list("", customer)).items.every(({ accountId }) => accountId === acme)).toBe(true);
  expect((await customer("GET", `/batches?accountId=${beta}`)).status).toBe(404);
});

test("what the operator has paused, a customer cannot resume", async () => {
  const id = await make(acme, "held.jsonl");
  await act(customer, id, "pause");
  expect((await act(admin, id, "pause")).body).toMatchObject({ pause: { by: "operator" } });
  expect((await act(customer, id, "pause")).body).toMatchObject({ pause: { by: "operator" } });
  expect(await act(customer, id, "resume")).toMatchObject({
    status: 403,
    body: { error: { message: expect.stringContaining("operator has paused") } },
  });
  expect((await act(viewer, id, "resume")).status).toBe(403);
  expect((await act(admin, id, "resume")).body).toMatchObject({ pause: null });
});

test("one that waits for credit is paused by hand, and does not go on by itself", async () => {
  const id = await make(acme, "poor.jsonl");
  await batches.pause(id, "credit", "no credit");
  await act(customer, id, "pause");
  await db
    .update(batch)
    .set({ pausedAt: new Date(0) })
    .where(eq(batch.id, id));
  await batches.resumePaid();
  expect((await read(id)).pause?.by).toBe("customer");
});

test("what has ended is not paused or cancelled", async () => {
  const id = await make(acme, "done.jsonl");
  await db.update(batch).set({ status: "completed" }).where(eq(batch.id, id));
  for (const action of ["cancel", "pause"] as const)
    expect(await act(admin, id, action)).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining("completed") } },
    });
  expect(await trailOf(id)).toMatchObject({ items: [] });
});
