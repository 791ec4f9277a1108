import { connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { isWellFormedApiKey } from "./api-key-format.ts";
import { createKeyHasher } from "./key-hash.ts";
import { createKeyStore } from "./key-store.ts";

const secret = "the secret of this test, long enough";
const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createKeyStore({ db: database.db, secret });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("a key is found again by its hash with everything it was given", async () => {
  const account = await store.createAccount({ name: "Acme", kind: "prepaid" });
  const expiresAt = new Date("2030-01-02T03:04:05.678Z");
  const { apiKey, key } = await store.createKey({
    accountId: account.id,
    name: "laptop",
    expiresAt,
    modelScope: ["Qwen/Qwen2.5-7B-Instruct", 'with {braces}, "quotes" and a, comma'],
    laneClass: "high",
  });
  expect(isWellFormedApiKey(apiKey)).toBe(true);
  expect(key).toMatchObject({ accountId: account.id, name: "laptop", expiresAt, laneClass: "high", revokedAt: null });
  expect(key.modelScope).toEqual(["Qwen/Qwen2.5-7B-Instruct", 'with {braces}, "quotes" and a, comma']);
  expect(key.lastFour).toBe(apiKey.slice(-4));
  expect(await store.findByHash(createKeyHasher(secret)(apiKey))).toEqual({
    key,
    accountKind: "prepaid",
    accountLimits: { requestsPerMinuteMax: null, tokensPerMinuteMax: null, concurrencyMax: null },
    accountDisabledAt: null,
  });
  expect(await store.findByHash(createKeyHasher("another secret, which is long enough")(apiKey))).toBeUndefined();
});

test("neither the key nor its plain digest is anywhere in the database", async () => {
  const account = await store.createAccount({ name: "Acme", kind: "prepaid" });
  const { apiKey } = await store.createKey({ accountId: account.id, name: "k" });
  const { rows } = await database.db.execute<{ everything: string }>(
    sql`select string_agg(api_key::text, ' ') as everything from api_key`,
  );
  const everything = rows[0]?.everything ?? "";
  expect(everything).toContain(apiKey.slice(-4));
  expect(everything).not.toContain(apiKey.slice(8, 20));
  const { rows: digest } = await database.db.execute(sql`select 1 from api_key where hash = sha256(${apiKey}::bytea)`);
  expect(digest).toEqual([]);
});

test("revoking twice keeps the first time, and revoking what does not exist says so", async () => {
  const account = await store.createAccount({ name: "Acme", kind: "postpaid" });
  const { key } = await store.createKey({ accountId: account.id, name: "k" });
  const first = await store.revokeKey(key.id);
  const second = await store.revokeKey(key.id);
  expect(first?.revokedAt).toBeInstanceOf(Date);
  expect(second).toEqual(first);
  expect(await store.revokeKey("key_nobody")).toBeUndefined();
});

test("keys are listed newest first, of one account or of all, and never with their hash", async () => {
  const [one, two] = [
    await store.createAccount({ name: "one", kind: "prepaid" }),
    await store.createAccount({ name: "two", kind: "prepaid" }),
  ];
  const older = await store.createKey({ accountId: one.id, name: "older" });
  const newer = await store.createKey({ accountId: one.id, name: "newer" });
  const other = await store.createKey({ accountId: two.id, name: "other" });
  const ids = (keys: { id: string }[]) => keys.map(({ id }) => id);
  expect(ids(await store.listKeys({ accountId: one.id, limit: 10 }))).toEqual([newer.key.id, older.key.id]);
  expect(ids(await store.listKeys({ limit: 1 }))).toEqual([other.key.id]);
  expect(await store.listKeys({ limit: 100 })).not.toContainEqual(expect.objectContaining({ hash: expect.anything() }));
});

test("a key needs an account that exists", async () => {
  await expect(store.createKey({ accountId: "acct_nobody", name: "k" })).rejects.toThrow();
});
