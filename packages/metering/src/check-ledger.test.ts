/** Each invariant is broken once, in a transaction that is then taken back; the checks must say which one it was. */
import { connectDatabase, type Database, type Db } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLedger } from "./check-ledger.ts";
import { createCreditStore } from "./credit-store.ts";
import { countByInvariant, type LedgerFinding } from "./ledger-finding.ts";
import { createLedgerStore } from "./ledger-store.ts";
import { createPriceStore } from "./price-book.ts";
import { createRerating } from "./rerating.ts";
import { createUsageWriter } from "./settle-usage.ts";

let testDatabase: TestDatabase;
let database: Database;

const accounts = ["acct_a", "acct_b"];
const admittedAtMs = Date.now();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  const ledger = createLedgerStore({ db });
  const credit = createCreditStore({ db });
  const price = await createPriceStore({ db }).addPrice({
    model: "m",
    inputNano: 100n,
    cacheReadNano: 10n,
    outputNano: 1_000n,
    requestNano: 7n,
    author: "test",
    validFrom: new Date(admittedAtMs - 60_000),
  });
  const writer = createUsageWriter({ db, author: "gateway:g" });
  for (const accountId of accounts) {
    await db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'Zoë\n"x"', 'prepaid')`);
    await ledger.topUp({
      accountId,
      amountNano: 1_000_000n,
      author: "Zoë",
      reason: "paid\nin cash",
      reference: accountId,
    });
    await credit.take({
      purseId: accountId,
      leaseId: `lease_${accountId}`,
      gatewayId: "g",
      neededNano: 50_000n,
      wantedNano: 50_000n,
    });
    const record = (usage: UsageRecordChange["usage"], change: UsageRecordChange = {}) =>
      newUsageRecord({
        accountId,
        usage: { promptTokens: 20, cachedTokens: 10, completionTokens: 3, reasoningTokens: 1, ...usage },
        admittedAtMs,
        billing: { priceId: price.id, holds: [{ purseId: accountId, leaseId: `lease_${accountId}` }] },
        ...change,
      });
    await writer.settle([
      record({}),
      record({ completionTokens: 9 }),
      record({}, { status: "failed" }),
      record({ promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 }, { status: "cancelled" }),
    ]);
    await writer.settle([record({}, { billing: { holds: [] } })]);
    // More than there is: written off in part.
    await writer.settle([record({ completionTokens: 5_000 })]);
    await ledger.topUp({ accountId, amountNano: 5_000n, author: "test", reason: "again" });
  }
  await createPriceStore({ db }).addPrice({ model: "m", outputNano: 900n, author: "test", validFrom: price.validFrom });
  const period = { model: "m", from: new Date(admittedAtMs - 1_000), to: new Date(admittedAtMs + 1_000) };
  await createRerating({ db }).correct("acct_a", period, { author: "test", reason: "wrong price", reference: "r1" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

class TakeBack extends Error {}

/** Triggers and foreign keys off, as for somebody with all rights; then everything as it was. */
async function tampered(...changes: SQL[]): Promise<LedgerFinding[]> {
  let found: LedgerFinding[] = [];
  await database.db
    .transaction(async (moment) => {
      await moment.execute(sql`set local role none`);
      await moment.execute(sql`set local session_replication_role = replica`);
      for (const change of changes) await moment.execute(change);
      found = await checkLedger({ db: moment as unknown as Db });
      throw new TakeBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakeBack)) throw error;
    });
  return found;
}
const problems = (found: readonly LedgerFinding[]) => found.map(({ problem }) => problem);

test("a ledger that Tera wrote has no findings", async () => {
  const found = await checkLedger({ db: database.db });
  expect(found).toEqual([]);
  expect([...countByInvariant(found).values()]).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test.each<[string, SQL, string[]]>([
  [
    "an entry that was changed",
    sql`update ledger_entry set amount_nano = amount_nano + 1 where transaction_id = 1 and line = 1`,
    ["transaction_unbalanced", "balance_differs", "hash_differs"],
  ],
  [
    "a balance that was changed",
    sql`update purse set balance_nano = balance_nano + 1 where id = 'acct_a'`,
    ["balance_differs"],
  ],
  [
    "a balance that no ledger knows",
    sql`insert into purse (id, account_id, kind, bounded, balance_nano) values ('acct_c', 'acct_c', 'account', true, 5)`,
    ["balance_without_ledger"],
  ],
  [
    "a transaction that was deleted",
    sql`delete from ledger_transaction where account_id = 'acct_b' and seq = 1`,
    ["balance_differs", "entry_without_transaction", "went_below_zero", "chain_gap"],
  ],
  [
    "a reason that was changed",
    sql`update ledger_transaction set reason = 'x' where account_id = 'acct_b' and seq = 2`,
    ["hash_differs"],
  ],
  [
    "a hash that was made anew for it",
    sql`update ledger_transaction t set reason = 'x', hash = ledger_hash(previous_hash, account_id, seq, kind, author, 'x', reference, created_at, (select jsonb_agg(jsonb_build_array(book, amount_nano::text) order by line)::text from ledger_entry where transaction_id = t.id)) where account_id = 'acct_b' and seq = 2`,
    ["chain_broken"],
  ],
  [
    "a charge that was changed",
    sql`update usage_event set charge_nano = charge_nano + 1 where request_id = (select min(request_id) from usage_event where account_id = 'acct_a' and charge_nano > 0)`,
    ["charge_differs", "corrected_charge_differs", "posting_differs", "roll_up_differs"],
  ],
  [
    "tokens that were changed",
    sql`update usage_event set completion_tokens = completion_tokens + 1 where request_id = (select min(request_id) from usage_event where account_id = 'acct_a' and charge_nano > 0)`,
    ["charge_differs", "corrected_charge_differs", "roll_up_differs"],
  ],
  [
    "a price that was changed",
    sql`update price set output_nano = output_nano + 1 where model = 'm' and valid_from < now() - interval '30 seconds'`,
    ["charge_differs", "corrected_charge_differs"],
  ],
  [
    "a price that is gone",
    sql`delete from price where model = 'm'`,
    ["charge_differs", "corrected_charge_differs", "price_unknown"],
  ],
  [
    "a price of another time",
    sql`update price set valid_from = now() + interval '1 hour' where valid_from < now() - interval '30 seconds'`,
    ["price_not_in_force"],
  ],
  [
    "counts that cannot be",
    sql`update usage_event set reasoning_tokens = 6000`,
    ["counts_impossible", "roll_up_differs"],
  ],
  [
    "an event that is there twice",
    sql`insert into usage_event select (jsonb_populate_record(u, '{"admitted_at": "2001-02-03T00:00:00Z"}')).* from usage_event u where charge_nano = 0 limit 1`,
    ["event_twice", "price_not_in_force", "roll_up_differs"],
  ],
  [
    "an event that was deleted",
    sql`delete from usage_event where request_id = (select min(request_id) from usage_event where account_id = 'acct_b' and charge_nano > 0)`,
    ["posting_differs", "roll_up_differs"],
  ],
  [
    "an event that nobody posted",
    sql`update usage_event set ledger_transaction_id = null where request_id = (select min(request_id) from usage_event where account_id = 'acct_b' and charge_nano > 0)`,
    ["event_not_posted", "posting_differs"],
  ],
  ["a correction that was deleted", sql`delete from usage_correction`, ["posting_differs", "roll_up_differs"]],
  [
    "a correction that was changed",
    sql`update usage_correction set amount_nano = amount_nano + 1 where request_id = (select min(request_id) from usage_correction)`,
    ["corrected_charge_differs", "posting_differs", "roll_up_differs"],
  ],
  [
    "a correction left out of the roll-up",
    sql`update usage_hour set correction_nano = 0`,
    ["day_differs", "roll_up_differs", "total_differs"],
  ],
  [
    "a roll-up that was changed",
    sql`update usage_hour set requests = requests + 1`,
    ["day_differs", "roll_up_differs", "total_differs"],
  ],
  ["a day that was changed", sql`update usage_day set cached_tokens = cached_tokens + 1`, ["day_differs"]],
  ["a day that is gone", sql`delete from usage_day`, ["day_differs"]],
  [
    "a day without hours",
    sql`insert into usage_day (day, account_id, key_id, model) values ('2001-02-03Z', 'acct_a', 'key_1', 'm')`,
    ["day_differs"],
  ],
  ["a total that was changed", sql`update usage_total set cached_tokens = cached_tokens + 1`, ["total_differs"]],
  ["a total that is gone", sql`delete from usage_total`, ["total_differs"]],
  ["days that are no longer added up", sql`drop trigger usage_hour_changed on usage_hour`, ["guard_missing"]],
  [
    "a lease that nobody closed",
    sql`update credit_lease set amount_nano = 5, closed_at = null, expires_at = now() - interval '1 hour' where id = 'lease_acct_a'`,
    ["lease_overdue", "leases_differ"],
  ],
  [
    "a closed lease that holds credit",
    sql`update credit_lease set amount_nano = 5, closed_at = now() where id = 'lease_acct_a'`,
    ["leases_differ", "closed_lease_holds"],
  ],
  ["a prepaid account without a bound", sql`update purse set bounded = false where id = 'acct_a'`, ["bound_differs"]],
  [
    "a roll-up with tokens of another kind",
    sql`update usage_hour set prompt_tokens = prompt_tokens - 1, completion_tokens = completion_tokens + 1`,
    ["roll_up_differs", "day_differs", "total_differs"],
  ],
  [
    "a role that may change what it may only add to",
    sql`grant update (amount_nano) on ledger_entry to tera_app`,
    ["guard_missing"],
  ],
  [
    "a month whose guard is switched off",
    sql.raw(`alter table usage_event_${new Date().toISOString().slice(0, 7).replace("-", "")} disable trigger all`),
    ["guard_missing"],
  ],
  ["an index that was dropped", sql`drop index invoice_account_month`, ["guard_missing"]],
  ["a guard that was dropped", sql`drop trigger ledger_entry_append_only on ledger_entry`, ["guard_missing"]],
  [
    "a guard that is switched off",
    sql`alter table usage_event disable trigger usage_event_append_only`,
    ["guard_missing"],
  ],
])("%s is found", async (_what, change, expected) => {
  expect(problems(await tampered(change)).sort()).toEqual([...expected].sort());
});

test("an account below zero is found, also without the constraint that forbids it", async () => {
  const found = await tampered(
    sql`alter table purse drop constraint purse_available`,
    sql`update purse set leased_nano = balance_nano + 1 where id = 'acct_a'`,
  );
  expect(problems(found)).toEqual(["available_negative", "guard_missing", "leases_differ"]);
  expect(found[0]).toMatchObject({ invariant: 2, count: 1, rows: [expect.stringContaining("acct_a")] });
});

test("a month of usage that was dropped by retention is no finding", async () => {
  const found = await tampered(
    sql`insert into usage_hour (hour, account_id, key_id, model, requests) values (now() - interval '40 days', 'acct_a', 'key_1', 'm', 5)`,
    sql`insert into usage_total (hour, model, part, requests) values (now() - interval '40 days', 'm', 1, 5)`,
    sql`insert into usage_day (day, account_id, key_id, model, requests) values (date_trunc('day', now() - interval '40 days', 'UTC'), 'acct_a', 'key_1', 'm', 5)`,
  );
  expect(found).toEqual([]);
});

test("of many rows the first are shown and all are counted", async () => {
  const [finding] = await tampered(
    sql`insert into credit_lease (id, purse_id, gateway_id, amount_nano, expires_at, closed_at) select 'lease_' || n, 'acct_a', 'g', 1, now(), now() from generate_series(1, 50) n`,
    sql`update purse set leased_nano = leased_nano + 50, balance_nano = balance_nano where id = 'acct_a'`,
  ).then((found) => found.filter(({ problem }) => problem === "closed_lease_holds"));
  expect(finding?.count).toBe(50);
  expect(finding?.rows).toHaveLength(20);
});
