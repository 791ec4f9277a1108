import { createAccountStore } from "@tera/access";
import { connectDatabase, invoice, invoiceLine, ledgerTransaction } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { createLedgerStore } from "@tera/metering";
import { afterAll, expect, test } from "vitest";
import { createDocuments } from "./documents.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const documents = createDocuments({ databaseUrl: testDatabase.url });
afterAll(async () => {
  await documents.close();
  await database.close();
  await testDatabase.drop();
});

const lines = 3_000;
const centNano = 10_000_000n;
const { id: accountId } = await createAccountStore({ db }).createAccount({ name: "Long", kind: "postpaid" });
await createLedgerStore({ db }).topUp({ accountId, amountNano: 1n, reason: "test", author: "test" });
const [booked] = await db.select().from(ledgerTransaction);
if (booked === undefined) throw new Error("a top-up is a transaction");
const party = { name: "Somebody", address: null, taxId: null, email: null };
await db.transaction(async (tx) => {
  await tx.insert(invoice).values({
    number: "2026-000001",
    year: 2026,
    seq: 1,
    kind: "invoice",
    accountId,
    month: "2026-11",
    fromSeq: 1n,
    throughSeq: 2n,
    issuedAt: new Date("2026-12-01T00:00:00Z"),
    dueAt: new Date("2026-12-31T00:00:00Z"),
    author: "test",
    seller: party,
    buyer: party,
    exactNano: BigInt(lines) * centNano,
    roundingNano: 0n,
    taxRateBasisPoints: 0,
    taxNano: 0n,
    totalNano: BigInt(lines) * centNano,
    ledgerTransactionId: booked.id,
  });
  await tx.insert(invoiceLine).values(
    Array.from({ length: lines }, (_, index) => ({
      invoiceNumber: "2026-000001",
      line: index + 1,
      kind: "usage" as const,
      model: `m${index}`,
      keyId: "key_1",
      keyName: "production",
      priceId: "price_1",
      lane: "interactive" as const,
      measure: "input" as const,
      quantity: centNano,
      unitNano: 1n,
      amountNano: centNano,
    })),
  );
});

test("while a long invoice is written, others are answered", async () => {
  let longestMs = 0;
  let lastMs = performance.now();
  const ticking = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 1);
  const beganMs = performance.now();
  const pdf = await documents.make({ kind: "invoice", number: "2026-000001", format: "pdf" });
  const tookMs = performance.now() - beganMs;
  clearInterval(ticking);
  expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe("%PDF-");
  // In this thread it would be nearly all of it.
  expect(longestMs).toBeLessThan(tookMs / 2);
});

test("so many are made at once, and no more; who comes then is asked to come back", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 4 }, () => documents.make({ kind: "invoice", number: "2026-000001", format: "csv" })),
  );
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
  expect(results[3]).toMatchObject({ reason: { code: "too_many_requests" } });
  const [first] = results;
  const text = first?.status === "fulfilled" ? Buffer.from(first.value).toString() : "";
  expect(text.split("\r\n").filter((row) => row.includes(",usage,"))).toHaveLength(lines);
});

test("what is not there is told as such, and so is that Postgres is away", async () => {
  await expect(documents.make({ kind: "invoice", number: "2026-999999", format: "pdf" })).rejects.toMatchObject({
    code: "not_found",
  });
  const away = createDocuments({ databaseUrl: "postgres://tera:tera@127.0.0.1:1/tera" });
  await expect(away.make({ kind: "invoice", number: "2026-000001", format: "pdf" })).rejects.toMatchObject({
    code: "unavailable",
  });
  await away.close();
});

test("a thread that has ended takes what it was making with it, and the next document starts another", async () => {
  const making = documents.make({ kind: "invoice", number: "2026-000001", format: "pdf" });
  await Promise.all([expect(making).rejects.toThrow("the thread of documents has ended"), documents.close()]);
  expect(await documents.make({ kind: "invoice", number: "2026-000001", format: "csv" })).toBeInstanceOf(Uint8Array);
});
