/** How much arrives at once, and how much an account may have, on real files. */
import { account, connectDatabase, type Database } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { TeraError } from "@tera/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createFileStore, type FileStore } from "./file-store.ts";
import { createPostgresContent } from "./postgres-content.ts";
import { createUploadDesk, type UploadDesk } from "./upload-desk.ts";

const line = Buffer.from(
  `${JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/completions", body: { model: "m" } })}\n`,
);
const accountIds = Array.from({ length: 5 }, (_, index) => `acct_${index}`);

let testDatabase: TestDatabase;
let database: Database;
let files: FileStore;
let desk: UploadDesk;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  await db.insert(account).values(accountIds.map((id) => ({ id, name: id, kind: "postpaid" as const })));
  files = createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } });
});
beforeEach(() => {
  const limits = { lineMaxBytes: 1_000, linesMax: 1_000 };
  const rules = { fileMaxBytes: 100 * line.length, accountMaxBytes: 3 * line.length, limits, retentionMs: 60_000 };
  desk = createUploadDesk({ files, rules });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

/** One line that comes when it is told to, or breaks off. */
function slowFile() {
  const come = Promise.withResolvers<void>();
  // It may break off before anybody reads it.
  come.promise.catch(() => undefined);
  async function* source() {
    await come.promise;
    yield line;
  }
  return { source: source(), come: () => come.resolve(), breakOff: () => come.reject(new Error("gone")) };
}

async function* linesOf(count: number) {
  for (let index = 0; index < count; index++) yield line;
}

const codeOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => "taken",
    (error: unknown) => (error instanceof TeraError ? error.code : String(error)),
  );

test("of an account so many files arrive at once; the next one is refused until one of them is there, or is gone", async () => {
  const slow = Array.from({ length: 4 }, slowFile);
  const taken = slow.map(({ source }) => codeOf(desk.take("acct_0", source)));
  expect(await codeOf(desk.take("acct_0", linesOf(1)))).toBe("rate_limit_exceeded");
  expect(await codeOf(desk.take("acct_1", linesOf(1)))).toBe("taken");
  slow[0]?.come();
  expect(await taken[0]).toBe("taken");
  slow[1]?.breakOff();
  expect(await taken[1]).toBe("Error: gone");
  expect(await Promise.all([codeOf(desk.take("acct_0", linesOf(1))), codeOf(desk.take("acct_0", linesOf(1)))])).toEqual(
    ["taken", "taken"],
  );
  for (const { come } of slow) come();
  await Promise.all(taken);
});

test("of all accounts together, too", async () => {
  const slow = Array.from({ length: 16 }, slowFile);
  const taken = slow.map(({ source }, index) => desk.take(accountIds[index % 4] ?? "", source));
  expect(await codeOf(desk.take("acct_4", linesOf(1)))).toBe("queue_full");
  for (const { come } of slow) come();
  await Promise.all(taken);
  expect(await codeOf(desk.take("acct_4", linesOf(1)))).toBe("taken");
});

test("an account has so many bytes together, and room again when a file is deleted", async () => {
  const values = { accountId: "acct_2", purpose: "batch" as const, filename: "in.jsonl", expiresAt: null };
  const kept = await (await desk.take("acct_2", linesOf(2))).keep(values);
  expect(await codeOf(desk.take("acct_2", linesOf(2)))).toBe("body_too_large");
  expect(await codeOf(desk.take("acct_3", linesOf(2)))).toBe("taken");
  await (await desk.take("acct_2", linesOf(1))).keep(values);
  expect(await files.countBytes("acct_2")).toBe(3 * line.length);
  await files.remove("acct_2", kept.id);
  expect(await codeOf(desk.take("acct_2", linesOf(2)))).toBe("taken");
});
