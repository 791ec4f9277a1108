/** What changing and rotating a key does to it, and to what its budgets leave. */
import { connectDatabase, purse, usageHour } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { eq, sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { type BudgetPurse, budgetPurses, budgetsOf } from "./budget-purse.ts";
import { createKeyHasher } from "./key-hash.ts";
import { createKeyStore, type NewKey } from "./key-store.ts";

const secret = "the secret of this test, long enough";
const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const store = createKeyStore({ db, secret });
const owner = await store.createAccount({ name: "owner", kind: "prepaid" });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const createKey = async (settings: Partial<NewKey> = {}) =>
  (await store.createKey({ accountId: owner.id, name: "k", ...settings })).key;

/** What settling does: the roll-up, and the purses that the request was held in. */
async function charge(keyId: string, nano: bigint, hour: Date, purseIds: string[] = []): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(usageHour).values({ hour, accountId: owner.id, keyId, model: `m${nano}`, chargeNano: nano });
    for (const id of purseIds)
      await tx.execute(sql`update purse set balance_nano = balance_nano - ${nano} where id = ${id}`);
  });
}
/** What a gateway does before it holds something in a budget. */
const fill = ({ id, firstKeyId, kind, since, until, budgetNano }: BudgetPurse) =>
  db.execute(
    sql`select fill_key_purse(${id}, ${firstKeyId}, ${kind}, ${since}, ${until}, ${budgetNano.toString()}::bigint)`,
  );
async function left(purseId: string): Promise<bigint | undefined> {
  const [row] = await db.select().from(purse).where(eq(purse.id, purseId));
  return row?.balanceNano;
}
const now = new Date();
const today = now.toISOString().slice(0, 10);

test("what is named is changed, what is not stays, and null takes a limit away", async () => {
  const { id } = await createKey({ modelScope: ["m/one"], concurrencyMax: 3, laneClass: "low" });
  const changed = await store.changeKey(id, { name: "new", concurrencyMax: null, allowedAddresses: ["10.0.0.0/8"] });
  expect(changed?.changedIds).toEqual([id]);
  expect(changed?.key).toMatchObject({
    name: "new",
    concurrencyMax: null,
    allowedAddresses: ["10.0.0.0/8"],
    modelScope: ["m/one"],
    laneClass: "low",
  });
  expect(await store.findKey(id)).toEqual(changed?.key);
  expect(await store.changeKey("key_nobody", { name: "x" })).toBeUndefined();
});

test("a key is disabled once, keeps the time, and is enabled again", async () => {
  const { id } = await createKey();
  const first = await store.disableKey(id);
  expect(first?.disabledAt).toBeInstanceOf(Date);
  expect(await store.disableKey(id)).toEqual(first);
  expect((await store.enableKey(id))?.disabledAt).toBeNull();
  expect(await store.disableKey("key_nobody")).toBeUndefined();
});

test("a changed budget leaves the new amount less what was spent in its period, before there was a budget too", async () => {
  const { id } = await createKey();
  await charge(id, 3n, now);
  await charge(id, 100n, new Date(now.getTime() - 40 * 86_400_000));
  await store.changeKey(id, { budgetDayNano: 5n, budgetMonthNano: 50n, budgetTotalNano: 500n });
  const [day = "", month = "", total = ""] = [`${id}:day:${today}`, `${id}:month:${today.slice(0, 7)}`, `${id}:total`];
  expect([await left(day), await left(month), await left(total)]).toEqual([2n, 47n, 397n]);

  await charge(id, 1n, now, [day, month, total]);
  await store.changeKey(id, { budgetDayNano: 10n });
  expect([await left(day), await left(month), await left(total)]).toEqual([6n, 46n, 396n]);
  await store.changeKey(id, { budgetDayNano: 1n });
  expect(await left(day)).toBe(-3n);

  await store.changeKey(id, { budgetDayNano: null });
  await charge(id, 7n, now);
  await store.changeKey(id, { budgetDayNano: 20n });
  expect(await left(day)).toBe(9n);
});

test("what lies in leases stays there when a budget changes", async () => {
  const { id } = await createKey({ budgetTotalNano: 100n });
  const [total] = budgetPurses(id, { dayNano: null, monthNano: null, totalNano: 100n }, Date.now());
  if (total === undefined) throw new Error("no purse");
  await fill(total);
  await db.execute(sql`select take_credit(${total.id}, ${`lease_${id}`}, 'g', 60, 60, 60000)`);
  await store.changeKey(id, { budgetTotalNano: 70n });
  const [row] = await db.select().from(purse).where(eq(purse.id, total.id));
  expect(row).toMatchObject({ balanceNano: 70n, leasedNano: 60n });
});

test("gateways that fill a purse while its budget changes, with the budget of before, never leave a wrong one", async () => {
  const { id } = await createKey({ budgetTotalNano: 1_000n });
  await charge(id, 30n, now);
  const stale = budgetPurses(id, { dayNano: null, monthNano: null, totalNano: 1_000n }, Date.now());
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? store.changeKey(id, { budgetTotalNano: BigInt(2_000 + index) }) : Promise.all(stale.map(fill)),
    ),
  );
  const key = await store.findKey(id);
  expect(key?.budgetTotalNano).toBeGreaterThanOrEqual(2_000n);
  expect(await left(`${id}:total`)).toBe((key?.budgetTotalNano ?? 0n) - 30n);
});

test("a successor has the settings of the key that it replaces, and another secret; the old key ends after the overlap", async () => {
  const settings = {
    name: "ci",
    modelScope: ["m/one"],
    laneClass: "high",
    requestsPerMinuteMax: 60,
    tokensPerMinuteMax: 1_000,
    concurrencyMax: 2,
    allowedAddresses: ["10.0.0.0/8"],
    contentLogging: true,
    budgetDayNano: 5n,
    budgetMonthNano: 6n,
    budgetTotalNano: 7n,
  } as const;
  const made = await store.createKey({
    accountId: owner.id,
    ...settings,
    modelScope: [...settings.modelScope],
    allowedAddresses: [...settings.allowedAddresses],
  });
  const rotated = await store.rotateKey({ keyId: made.key.id, overlapMs: 3_600_000 });
  if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
  expect(rotated.key).toMatchObject({ ...settings, accountId: owner.id, expiresAt: null, successorId: null });
  expect(rotated.apiKey).not.toBe(made.apiKey);
  expect((await store.findByHash(createKeyHasher(secret)(rotated.apiKey)))?.key).toEqual(rotated.key);
  expect(rotated.old).toMatchObject({ id: made.key.id, successorId: rotated.key.id });
  const livesMs = (rotated.old.expiresAt?.getTime() ?? 0) - Date.now();
  expect(livesMs).toBeGreaterThan(3_500_000);
  expect(livesMs).toBeLessThanOrEqual(3_600_000 + 5_000);
});

test("a rotation never prolongs the old key, and its successor expires as it would have, or when it is said", async () => {
  const soon = new Date(Date.now() + 60_000);
  const first = await createKey({ expiresAt: soon });
  const rotated = await store.rotateKey({ keyId: first.id, overlapMs: 3_600_000 });
  expect(rotated).toMatchObject({ old: { expiresAt: soon }, key: { expiresAt: soon } });
  const second = await createKey({ expiresAt: soon });
  const later = new Date(Date.now() + 86_400_000);
  expect(await store.rotateKey({ keyId: second.id, overlapMs: 0, expiresAt: later })).toMatchObject({
    key: { expiresAt: later },
  });
});

test("all keys of a rotation share each budget, whichever of them it is changed on", async () => {
  const first = await createKey({ budgetDayNano: 10n });
  const second = await store.rotateKey({ keyId: first.id, overlapMs: 3_600_000 });
  if (second.outcome !== "rotated") throw new Error(second.outcome);
  const third = await store.rotateKey({ keyId: second.key.id, overlapMs: 3_600_000 });
  if (third.outcome !== "rotated") throw new Error(third.outcome);
  expect([second.key.firstKeyId, third.key.firstKeyId]).toEqual([first.id, first.id]);
  await charge(first.id, 2n, now);
  await charge(third.key.id, 3n, now);
  const changed = await store.changeKey(second.key.id, { budgetDayNano: 20n, name: "renamed" });
  expect(changed?.changedIds.toSorted()).toEqual([first.id, second.key.id, third.key.id].toSorted());
  expect(await left(`${first.id}:day:${today}`)).toBe(15n);
  for (const id of changed?.changedIds ?? []) {
    const key = await store.findKey(id);
    expect(key && budgetsOf(key).dayNano).toBe(20n);
    expect(key?.name).toBe(id === second.key.id ? "renamed" : "k");
  }
});

test("a key that is revoked, expired, disabled or rotated before is not rotated, and of two at once one does it", async () => {
  const [revoked, disabled, twice] = [await createKey(), await createKey(), await createKey()];
  const expired = await createKey({ expiresAt: new Date(Date.now() - 1_000) });
  await store.revokeKey(revoked.id);
  await store.disableKey(disabled.id);
  const outcome = async (keyId: string) => (await store.rotateKey({ keyId, overlapMs: 1_000 })).outcome;
  expect(await outcome(revoked.id)).toBe("revoked");
  expect(await outcome(expired.id)).toBe("expired");
  expect(await outcome(disabled.id)).toBe("disabled");
  expect(await outcome("key_nobody")).toBe("unknown");
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcome(twice.id)));
  expect(outcomes.toSorted()).toEqual(["rotated", ...Array.from({ length: 4 }, () => "rotatedBefore")].toSorted());
});
