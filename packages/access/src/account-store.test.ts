import { connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { createAccountStore } from "./account-store.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createAccountStore({ db: database.db });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function bounded(accountId: string): Promise<unknown> {
  const { rows } = await database.db.execute(sql`select bounded from purse where id = ${accountId}`);
  return rows[0]?.["bounded"];
}

test("an account changes its name and its kind, and its purse is bounded exactly while it is prepaid", async () => {
  const { id } = await store.createAccount({ name: "Acme", kind: "prepaid" });
  expect(await bounded(id)).toBe(true);
  const changed = await store.setAccount(id, { name: "Acme Ltd", kind: "postpaid" });
  expect(changed).toMatchObject({ outcome: "changed", account: { name: "Acme Ltd", kind: "postpaid" } });
  expect(await bounded(id)).toBe(false);
  await store.setAccount(id, { kind: "prepaid" });
  expect(await bounded(id)).toBe(true);
  expect(await store.findAccount(id)).toMatchObject({ name: "Acme Ltd", kind: "prepaid", currency: "USD" });
  expect(await store.setAccount("acct_nobody", { name: "x" })).toEqual({ outcome: "unknown" });
});

test("an account that owes stays postpaid, and it is said how much it owes", async () => {
  const { id } = await store.createAccount({ name: "owes", kind: "postpaid" });
  await database.db.execute(sql`select move_credit(${id}, 'adjustment', 'adjustment', -1500, 'test', 'used', null)`);
  expect(await store.setAccount(id, { kind: "prepaid", name: "other" })).toEqual({ outcome: "owes", owedNano: 1_500n });
  expect(await store.findAccount(id)).toMatchObject({ kind: "postpaid", name: "owes" });
});

test("an account is disabled once, keeps the time, and is enabled again", async () => {
  const { id } = await store.createAccount({ name: "x", kind: "prepaid" });
  const first = await store.disableAccount(id);
  expect(first?.disabledAt).toBeInstanceOf(Date);
  expect(await store.disableAccount(id)).toEqual(first);
  expect(await store.enableAccount(id)).toMatchObject({ disabledAt: null });
  expect(await store.disableAccount("acct_nobody")).toBeUndefined();
  expect(await store.enableAccount("acct_nobody")).toBeUndefined();
});
