/**
 * An installation that has run for three months, as the dashboard meets it: `makeUsageHistory` with keys that differ, and what it knows nothing of: names, keys in every state with scopes,
 * limits and budgets, people, invoices, an audit log. Made by Postgres itself.
 */
import { connectDatabase, type Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { makeUsageHistory, type UsageHistory } from "../metering/usage-history.ts";

export interface DashboardHistory {
  events: number;
  accounts: number;
  keysPerAccount: number;
  auditEvents: number;
}

export const models = 8;
const members = 300;
const batchesPerAccount = 20;
const statementTimeoutMs = 600_000;

/** @param url of a migrated database without usage, as its owner */
export async function makeDashboardHistory(
  url: string,
  { auditEvents, ...history }: DashboardHistory,
  say: (line: string) => void,
): Promise<void> {
  const usage: UsageHistory = { ...history, models, untilNow: true, keysDiffer: true };
  await makeUsageHistory(url, usage, say);
  say("its keys, invoices, people and audit log");
  const database = connectDatabase({ url, name: "tera-bench", poolSizeMax: 1, statementTimeoutMs });
  try {
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`set local role none`);
      // The triggers see to what is written one by one; checks and unique indexes stay.
      await tx.execute(sql`set local session_replication_role = replica`);
      await nameAccounts(tx);
      await addKeys(tx, usage);
      await addInvoices(tx);
      await tx.execute(sql`insert into model (id, always_listed) select distinct model, true from price`);
      await addBatches(tx, usage);
      await addPeople(tx);
      await addAuditEvents(tx, usage, auditEvents);
      for (const table of [
        "account",
        "api_key",
        "purse",
        "invoice",
        "invoice_line",
        "file",
        "batch",
        "member",
        "membership",
        "audit_event",
      ])
        await tx.execute(sql.raw(`analyze ${table}`));
    });
  } finally {
    await database.close();
  }
}

type Sql = Pick<Db, "execute">;

async function nameAccounts(tx: Sql): Promise<void> {
  await tx.execute(sql`
    update account set name = (array['Northwind', 'Contoso', 'Fabrikam', 'Globex', 'Initech', 'Umbrella', 'Hooli'])[1 + abs(hashtext(id)) % 7] || ' ' || substr(id, 6),
      created_at = now() - (200 + abs(hashtext(id)) % 400) * interval '1 day', disabled_at = case when abs(hashtext(id)) % 50 = 0 then now() end`);
}

/** One in ten is revoked, one in ten has expired, one in twenty is switched off; a third has a budget for the month, two thirds may use few models. */
async function addKeys(tx: Sql, { accounts, keysPerAccount }: UsageHistory): Promise<void> {
  await tx.execute(sql`
    insert into api_key (id, account_id, name, hash, last_four, created_at, expires_at, revoked_at, disabled_at, model_scope, lane_class, requests_per_minute_max, concurrency_max, budget_month_nano)
    select 'key_' || a || '_' || k, 'acct_' || a, (array['web', 'mobile', 'batch', 'staging', 'search', 'support', 'nightly'])[1 + dice % 7] || '-' || k,
      sha256(('key_' || a || '_' || k)::bytea), right(md5('key_' || a || '_' || k), 4), now() - (1 + dice % 190) * interval '1 day',
      case dice % 10 when 0 then now() - interval '3 days' when 5 then now() + interval '90 days' end, case when dice % 10 = 1 then now() - interval '9 days' end,
      case when dice % 20 = 2 then now() end, case when dice % 3 > 0 then array['bench/model-' || (a + k) % ${models}::int, 'bench/model-' || (a + k + 1) % ${models}::int] end,
      (array['high', 'normal', 'low'])[1 + dice % 3], case when dice % 2 = 0 then 600 end, case when dice % 4 = 0 then 16 end,
      case when dice % 3 = 0 then 500000000000 end
    from generate_series(0, ${accounts - 1}::int) a, generate_series(0, ${keysPerAccount - 1}::int) k, abs(hashtext(a || ' ' || k)) dice`);
  await tx.execute(sql`
    insert into purse (id, account_id, kind, key_id, bounded, balance_nano)
    select id || ':month:' || to_char(now() at time zone 'UTC', 'YYYY-MM'), account_id, 'key_month', id, true, budget_month_nano / 3 from api_key where budget_month_nano is not null`);
}

/** Every account's of the last two months; the newer one is open. */
async function addInvoices(tx: Sql): Promise<void> {
  await tx.execute(sql`insert into seller (id, name, address) values (1, 'Bench', 'Somewhere') on conflict do nothing`);
  await tx.execute(sql`
    insert into invoice (number, year, seq, kind, account_id, month, from_seq, through_seq, issued_at, due_at, author, seller, buyer, exact_nano, rounding_nano, tax_rate_basis_points, tax_nano, total_nano, ledger_transaction_id)
    select issued.year || '-' || lpad(issued.seq::text, 6, '0'), issued.year, issued.seq, 'invoice', issued.account_id, to_char(issued.at - interval '1 day', 'YYYY-MM'), 1 + issued.ago, 1 + issued.ago, issued.at, issued.at + interval '30 days', 'bench',
      '{"name":"Bench","address":null,"taxId":null,"email":null}', jsonb_build_object('name', issued.account_id, 'address', null, 'taxId', null, 'email', null), cents * 10000000, 0, 0, 0, cents * 10000000, 900000000000 + issued.seq
    from (
      select account.id as account_id, ago, (date_trunc('month', now() at time zone 'UTC') - (ago - 1) * interval '1 month') at time zone 'UTC' as at, 2000 as year,
        row_number() over (order by ago desc, account.id)::int as seq, 100 + abs(hashtext(account.id || ago)) % 100000::bigint as cents
      from account, generate_series(1, 2) ago
    ) issued`);
  await tx.execute(sql`
    insert into invoice_line (invoice_number, line, kind, model, key_id, key_name, price_id, lane, measure, quantity, unit_nano, amount_nano)
    select number, 1, 'usage', 'bench/model-0', 'key_0_0', 'web', 'price_0', 'interactive', 'output', exact_nano / 100, 100, exact_nano from invoice`);
  await tx.execute(sql`
    insert into invoice_payment (invoice_number, ledger_transaction_id, amount_nano, paid_at)
    select number, 910000000000 + seq, total_nano, issued_at + interval '9 days' from invoice where month < (select max(month) from invoice)`);
  await tx.execute(sql`insert into invoice_series (year, last_seq) select year, max(seq) from invoice group by year`);
}

/** Twenty of each account, of 10,000 lines each; the newest one is at work. */
async function addBatches(tx: Sql, { accounts }: UsageHistory): Promise<void> {
  await tx.execute(sql`
    insert into file (id, account_id, purpose, filename, bytes, storage, created_at)
    select 'file-bench' || a || 'x' || i, 'acct_' || a, 'batch', 'nightly-' || i || '.jsonl', 4000000, 'postgres', now() - i * interval '1 day'
    from generate_series(0, ${accounts - 1}::int) a, generate_series(1, ${batchesPerAccount}::int) i`);
  await tx.execute(sql`
    insert into batch (id, account_id, key_id, endpoint, input_file_id, completion_window, status, models, total_lines, completed_lines, failed_lines, charge_nano, created_at, in_progress_at, completed_at, expires_at)
    select 'batch_bench_' || a || '_' || i, 'acct_' || a, 'key_' || a || '_0', '/v1/chat/completions', 'file-bench' || a || 'x' || i, '24h', case when i = 1 then 'in_progress' else 'completed' end,
      '{"bench/model-0":10000}', 10000, case when i = 1 then 4000 else 9990 end, 10, 1234567890, now() - i * interval '1 day', now() - i * interval '1 day', case when i > 1 then now() - (i - 1) * interval '1 day' end, now() + interval '1 day'
    from generate_series(0, ${accounts - 1}::int) a, generate_series(1, ${batchesPerAccount}::int) i`);
}

async function addPeople(tx: Sql): Promise<void> {
  await tx.execute(
    sql`insert into member (id, name, email) select 'mem_bench_' || i, 'Person ' || i, 'person-' || i || '@example.com' from generate_series(1, ${members}::int) i`,
  );
  await tx.execute(sql`
    insert into membership (id, member_id, role, account_id)
    select 'grant_bench_' || i, 'mem_bench_' || i, case when i % 20 = 0 then 'viewer' else 'member' end, case when i % 20 > 0 then (select 'acct_' || i % count(*) from account) end
    from generate_series(1, ${members}::int) i`);
}

async function addAuditEvents(tx: Sql, { accounts, keysPerAccount }: UsageHistory, count: number): Promise<void> {
  await tx.execute(sql`
    insert into audit_event (at, actor_kind, actor_id, actor_name, address, action, object_kind, object_id, object_name, account_id, before, after)
    select now() - (${count}::int - i) * interval '1 minute', 'member', 'mem_bench_' || 1 + i % ${members}::int, 'Person', '192.0.2.1', (array['key.create', 'key.change', 'key.revoke', 'key.enable'])[1 + i % 4],
      'key', 'key_' || i % ${accounts}::int || '_' || i % ${keysPerAccount}::int, 'web', 'acct_' || i % ${accounts}::int, '{"requestsPerMinuteMax":600}', '{"requestsPerMinuteMax":60}'
    from generate_series(1, ${count}::int) i`);
}
