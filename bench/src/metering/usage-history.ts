/**
 * Three months of usage, made by Postgres itself: events, roll-ups, and the ledger of every account, as settling would have left them.
 *
 * Each month is filled before it becomes a partition: its rows are then written without write-ahead log, and its indexes are built once. Few accounts use much: the account of an event
 * is the square of a random number. The hashes of the ledger are made up.
 */
import { connectDatabase, type Db } from "@tera/database";
import { sql } from "drizzle-orm";

export interface UsageHistory {
  events: number;
  /** `acct_0` uses most. */
  accounts: number;
  keysPerAccount: number;
  models: number;
}

const months = 3;
const statementTimeoutMs = 1_800_000;

/** @param url of a migrated database, as its owner. It ends with the month before this one. */
export async function makeUsageHistory(url: string, history: UsageHistory, say: (line: string) => void): Promise<void> {
  const { accounts, models } = history;
  // Two cores fill two months; the third waits for whoever is first.
  const connections = [0, 1].map(() =>
    connectDatabase({ url, name: "tera-bench", poolSizeMax: 1, statementTimeoutMs }),
  );
  const [first] = connections;
  if (first === undefined) return;
  try {
    await first.db.execute(
      sql`insert into account (id, name, kind) select 'acct_' || i, 'bench', 'prepaid' from generate_series(0, ${accounts - 1}::int) i`,
    );
    await first.db.execute(
      sql`insert into price (id, model, valid_from, input_nano, cache_read_nano, output_nano, author)
        select 'price_' || i, 'bench/model-' || i, '2020-01-01Z', 70, 70, 300, 'bench' from generate_series(0, ${models - 1}::int) i`,
    );
    const left = Array.from({ length: months }, (_, index) => months - index);
    await Promise.all(
      connections.map(async ({ db }) => {
        for (let ago = left.shift(); ago !== undefined; ago = left.shift()) {
          await fillMonth(db, history, ago);
          say(`usage of ${months - left.length} of ${months} months begun`);
        }
      }),
    );
    await first.db.transaction(async (tx) => {
      await tx.execute(sql`set local role none`);
      // The deferred check of every single transaction would take longer than all of them.
      await tx.execute(sql`set local session_replication_role = replica`);
      await fillLedger(tx);
    });
    // As the owner; a connection that was idle for long is a new one.
    await first.db.execute(sql`set role none`);
    for (const table of ["usage_event", "usage_hour", "usage_day", "ledger_transaction", "ledger_entry", "purse"])
      await first.db.execute(sql.raw(`vacuum analyze ${table}`));
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
}

async function fillMonth(
  db: Db,
  { events, accounts, keysPerAccount, models }: UsageHistory,
  ago: number,
): Promise<void> {
  const start = sql`(date_trunc('month', now(), 'UTC') - ${ago} * interval '1 month')`;
  const end = sql`(date_trunc('month', now(), 'UTC') - ${ago - 1} * interval '1 month')`;
  const count = Math.ceil(events / months);
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local role none`);
    const { rows } = await tx.execute<{ name: string; start: string; end: string }>(
      sql`select 'usage_event_' || to_char(${start} at time zone 'UTC', 'YYYYMM') as name, ${start}::text as start, ${end}::text as "end"`,
    );
    const [month] = rows;
    if (month === undefined) return;
    await tx.execute(sql.raw(`create table ${month.name} (like usage_event including defaults including constraints)`));
    await tx.execute(sql`
      insert into ${sql.raw(month.name)}
      select 'req_' || substr(translate(encode(sha256((${ago} * 100000000 + i)::text::bytea), 'base64'), '+/=', 'xyz'), 1, 22),
        'acct_' || account, 'key_' || account || '_' || key, 'bench/model-' || model, 'chat', true,
        case when dice < 0.02 then 'failed' when dice < 0.04 then 'cancelled' else 'succeeded' end,
        case when dice < 0.02 then 'runner_failed' end, case when dice >= 0.04 then 'stop' end,
        prompt, prompt / 4, completion, 0, 0, 'engine', 'gw-1', 'worker-1', 'vllm-1', 1, '[]', admitted_at, 'interactive', 'price_' || model,
        case when dice < 0.02 then 0 else prompt * 70 + completion * 300 end, jsonb_build_array(jsonb_build_object('purseId', 'acct_' || account)),
        case when dice >= 0.02 then extract(epoch from date_trunc('hour', admitted_at, 'UTC'))::bigint / 3600 * ${accounts}::int + account end,
        2, 120, completion * 10, admitted_at + interval '5 seconds'
      from (
        select i, random() as dice, floor(${accounts}::int * random() ^ 2)::int as account, floor(${keysPerAccount}::int * random())::int as key,
          floor(${models}::int * random())::int as model, 100 + floor(2000 * random())::int as prompt, 1 + floor(500 * random())::int as completion,
          (${start} + (${end} - ${start}) * (i / ${count}::float8))::timestamptz(3) as admitted_at
        from generate_series(0, ${count - 1}::int) i
      ) made`);
    await tx.execute(
      sql.raw(
        `alter table usage_event attach partition ${month.name} for values from ('${month.start}') to ('${month.end}')`,
      ),
    );
    await tx.execute(sql`
      insert into usage_hour (hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, charge_nano)
      select date_trunc('hour', admitted_at, 'UTC'), account_id, key_id, model, count(*), count(*) filter (where status = 'failed'), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(charge_nano)
      from ${sql.raw(month.name)} group by 1, 2, 3, 4`);
  });
}

/** One posting per account and hour, after a payment that covers all of them. */
async function fillLedger(db: Pick<Db, "execute">): Promise<void> {
  await db.execute(sql`
    insert into ledger_transaction (id, account_id, seq, kind, author, reason, created_at, previous_hash, hash)
    select extract(epoch from hour)::bigint / 3600 * (select count(*) from account) + substr(account_id, 6)::int, account_id,
      1 + row_number() over (partition by account_id order by hour), 'usage', 'gateway:gw-1', sum(requests) || ' requests',
      hour + interval '1 hour', sha256(account_id::bytea), sha256(hour::text::bytea)
    from usage_hour group by account_id, hour having sum(charge_nano) > 0`);
  await db.execute(sql`
    insert into ledger_entry (transaction_id, line, book, amount_nano)
    select id, line, case line when 1 then 'credit' else 'revenue' end, case line when 1 then -charge else charge end
    from (
      select extract(epoch from hour)::bigint / 3600 * (select count(*) from account) + substr(account_id, 6)::int as id, sum(charge_nano) as charge
      from usage_hour group by account_id, hour having sum(charge_nano) > 0
    ) posting, generate_series(1, 2) line`);
  await db.execute(sql`
    insert into ledger_transaction (id, account_id, seq, kind, author, reason, created_at, previous_hash, hash)
    select row_number() over (), account_id, 1, 'top_up', 'bench', 'bench', min(hour), ''::bytea, sha256(account_id::bytea) from usage_hour group by account_id`);
  await db.execute(sql`
    insert into ledger_entry (transaction_id, line, book, amount_nano)
    select t.id, line, case line when 1 then 'credit' else 'cash' end, case line when 1 then paid else -paid end
    from ledger_transaction t join (select account_id, sum(charge_nano)::bigint * 2 as paid from usage_hour group by 1) used using (account_id), generate_series(1, 2) line
    where t.kind = 'top_up'`);
  await db.execute(sql`
    update purse set balance_nano = charged from (select account_id, sum(charge_nano)::bigint as charged from usage_hour group by 1) used where purse.id = used.account_id`);
}
