import { account, connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedgerStore } from "./ledger-store.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const ledger = createLedgerStore({ db: database.db });
beforeAll(() => database.db.insert(account).values({ id: "acct_1", name: "Buyer", kind: "prepaid" }));
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("a ledger is read back from its newest end, of all kinds or of some", async () => {
  const move = (amountNano: bigint, reference?: string) => ({
    accountId: "acct_1",
    amountNano,
    author: "test",
    reason: "moved",
    reference,
  });
  await ledger.topUp(move(5n, "bank/1"));
  await ledger.adjust(move(3n));
  await ledger.refund(move(-1n));
  const seqs = async (query: Partial<Parameters<typeof ledger.list>[0]>) =>
    (await ledger.list({ accountId: "acct_1", limit: 10, ...query })).map(({ seq }) => seq);
  expect(await seqs({})).toEqual([3n, 2n, 1n]);
  expect(await seqs({ kinds: ["top_up", "refund"] })).toEqual([3n, 1n]);
  expect(await seqs({ kinds: ["top_up", "refund"], before: 3n })).toEqual([1n]);
  expect(await seqs({ kinds: ["usage"] })).toEqual([]);
  expect(await ledger.topUp(move(5n, "bank/1"))).toBeUndefined();
  expect(await ledger.findByReference("top_up", "bank/1")).toMatchObject({ accountId: "acct_1", seq: 1n });
  expect(await ledger.findByReference("refund", "bank/1")).toBeUndefined();
});
