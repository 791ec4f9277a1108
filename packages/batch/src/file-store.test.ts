/** Bytes come back as they went in, whole or in part, and nothing stays of what failed. */
import { account, connectDatabase, type Database, fileChunk } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFileStore, type FileStore } from "./file-store.ts";
import { createPostgresContent } from "./postgres-content.ts";

let testDatabase: TestDatabase;
let database: Database;
let files: FileStore;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  await db.insert(account).values({ id: "acct_1", name: "a", kind: "postpaid" });
  files = createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const values = { accountId: "acct_1", purpose: "batch" as const, filename: "in.jsonl", expiresAt: null };
const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, index) => index % 251));

async function* inPieces(pieceBytes: number) {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

test.each([1_000, 65_536, 262_144, 1_000_000])(
  "a file that comes in pieces of %i bytes is kept whole",
  async (size) => {
    const file = await files.write(values, inPieces(size));
    expect(file.bytes).toBe(bytes.length);
    expect((await collect(files.read(file))).equals(bytes)).toBe(true);
  },
);

test.each([
  [0, 1],
  [262_143, 2],
  [262_144, 262_144],
  [100, 600_000],
  [700_000, 1],
  [699_999, 500],
])("the range from %i of %i bytes is what it says", async (start, length) => {
  const file = await files.write(values, inPieces(65_536));
  expect((await collect(files.read(file, { start, length }))).equals(bytes.subarray(start, start + length))).toBe(true);
});

test("nothing stays of a file whose source fails", async () => {
  async function* broken() {
    yield* inPieces(300_000);
    throw new Error("the client left");
  }
  const before = (await database.db.select({ id: fileChunk.fileId }).from(fileChunk)).length;
  await expect(files.write(values, broken())).rejects.toThrow("the client left");
  expect(await database.db.select({ id: fileChunk.fileId }).from(fileChunk)).toHaveLength(before);
});

test("a file whose time is over is not found, and is removed", async () => {
  const file = await files.write({ ...values, expiresAt: new Date(Date.now() - 1) }, inPieces(262_144));
  expect(await files.find("acct_1", file.id)).toBeUndefined();
  expect(await files.removeExpired(10)).toBe(1);
  await expect(collect(files.read(file))).rejects.toThrow("has no content");
});

test("what an upload left whose gateway was killed is removed, and neither files nor uploads that go on", async () => {
  const file = await files.write(values, inPieces(262_144));
  const going = await files.upload(inPieces(262_144));
  const { db } = database;
  await db.insert(fileChunk).values([0, 1].map((number) => ({ fileId: "file-left", number, data: bytes })));
  const old = { createdAt: new Date(Date.now() - 3 * 24 * 3_600_000) };
  await db
    .update(fileChunk)
    .set(old)
    .where(inArray(fileChunk.fileId, ["file-left", file.id]));
  expect(await files.removeAbandoned(10)).toBe(1);
  expect(await db.select().from(fileChunk).where(eq(fileChunk.fileId, "file-left"))).toEqual([]);
  expect((await collect(files.read(file))).equals(bytes)).toBe(true);
  expect((await collect(files.read(await going.keep(values)))).equals(bytes)).toBe(true);
});
