/**
 * Three months of usage, made by Postgres itself: events, roll-ups, and the ledger of every account, as settling would have left them. The test beside holds it to `checkLedger`.
 *
 * Each table is filled in the transaction that made or emptied it, which needs no write-ahead log; indexes of events are built once for a month. Few accounts use much: the account
 * of an event is the square of a random number. The hashes of the ledger are made up.
 */
import { connectDatabase, type Db } from "@tera/database";
import { sql } from "drizzle-orm";

export interface UsageHistory {
  events: number;
  /** `acct_0` uses most. */
  accounts: number;
  keysPerAccount: number;
  /** Besides `rareModel`, which one of 100,000 requests asks for. */
  models: number;
  /** It ends now, and not with the month before this one. */
  untilNow?: boolean;
  /** Programs have keys of their own: nine of ten requests of a key are for the same model, and few keys of an account are used much. By default keys and models are drawn evenly. */
  keysDiffer?: boolean;
}

export const rareModel = "bench/rare";

const monthsOf = ({ untilNow = false }: UsageHistory) => (untilNow ? [2, 1, 0] : [3, 2, 1]);
const statementTimeoutMs = 1_800_000;
const rolledUp =
  "requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano";

type Sql = Pick<Db, "execute">;

/** @param url of a migrated database without usage, as its owner. It ends with the month before this one. */
export async function makeUsageHistory(url: string, history: UsageHistory, say: (line: string) => void): Promise<void> {
  const monthsAgo = monthsOf(history);
  const database = connectDatabase({ url, name: "tera-bench", poolSizeMax: monthsAgo.length, statementTimeoutMs });
  const { db } = database;
  try {
    await db.transaction((tx) => addSubjects(tx, history));
    await Promise.all(monthsAgo.map((ago) => db.transaction((tx) => fillMonth(tx, history, ago))));
    say("its roll-ups and ledger");
    await db.transaction((tx) => fillSums(tx, monthsAgo));
    await db.transaction(async (tx) => {
      await tx.execute(sql`set local role none`);
      for (const table of [
        "usage_event",
        "usage_hour",
        "usage_day",
        "usage_total",
        "ledger_transaction",
        "ledger_entry",
        "purse",
      ])
        await tx.execute(sql.raw(`analyze ${table}`));
    });
  } finally {
    await database.close();
  }
}

/** Accounts, prices, and whose requests there are: a row for each account, key and model, so that no text is put together ten million times. */
async function addSubjects(tx: Sql, { accounts, keysPerAccount, models }: UsageHistory): Promise<void> {
  await tx.execute(sql`set local role none`);
  await tx.execute(
    sql`insert into account (id, name, kind) select 'acct_' || i, 'bench', 'prepaid' from generate_series(0, ${accounts - 1}::int) i`,
  );
  await tx.execute(sql`
    insert into price (id, model, valid_from, input_nano, cache_read_nano, output_nano, author)
    select 'price_' || i, case i when ${models} then ${rareModel} else 'bench/model-' || i end, '2020-01-01Z', 70, 70, 300, 'bench' from generate_series(0, ${models}::int) i`);
  await tx.execute(sql`
    create table bench_subject as
    select a as account, k as key, m as model, 'acct_' || a as account_id, 'key_' || a || '_' || k as key_id, p.model as model_id, p.id as price_id,
      jsonb_build_array(jsonb_build_object('purseId', 'acct_' || a)) as holds
    from generate_series(0, ${accounts - 1}::int) a, generate_series(0, ${keysPerAccount - 1}::int) k, generate_series(0, ${models}::int) m, price p
    where p.id = 'price_' || m`);
  await tx.execute(sql`analyze bench_subject`);
  // A month that goes on has a partition, which is empty: it makes way.
  await tx.execute(sql`
    do $$ begin
      execute 'drop table if exists usage_event_' || to_char(now() at time zone 'UTC', 'YYYYMM');
    end $$`);
}

/** A month's partition, and its hours in a table of their own. */
async function fillMonth(tx: Sql, history: UsageHistory, ago: number): Promise<void> {
  const { accounts, keysPerAccount, models, keysDiffer = false } = history;
  const count = Math.ceil(history.events / monthsOf(history).length);
  const key = sql.raw(`floor(${keysPerAccount} * random()${keysDiffer ? " ^ 2" : ""})::int`);
  const isOwnModel = sql.raw(keysDiffer ? "random() < 0.9" : "false");
  await tx.execute(sql`set local role none`);
  await tx.execute(sql`set local work_mem = '256MB'`);
  await tx.execute(sql`set local maintenance_work_mem = '512MB'`);
  const { rows } = await tx.execute<{ name: string; start: string; end: string; seconds: string }>(sql`
    select 'usage_event_' || to_char(start, 'YYYYMM') as name, start || 'Z' as start, start + interval '1 month' || 'Z' as "end",
      extract(epoch from least(start + interval '1 month', now() at time zone 'UTC') - start)::text as seconds
    from (select date_trunc('month', now() at time zone 'UTC') - ${ago} * interval '1 month' as start) month`);
  const [month] = rows;
  if (month === undefined) return;
  await tx.execute(sql.raw(`create table ${month.name} (like usage_event including defaults including constraints)`));
  await tx.execute(sql`
    insert into ${sql.raw(month.name)}
    select 'req_' || left(md5(${month.name} || i), 22), s.account_id, s.key_id, s.model_id, 'chat', true,
      case when dice < 0.02 then 'failed' when dice < 0.04 then 'cancelled' else 'succeeded' end,
      case when dice < 0.02 then 'runner_failed' end, case when dice >= 0.04 then 'stop' end,
      prompt, prompt / 4, completion, 0, 0, 'engine', 'gw-1', 'worker-1', 'vllm-1', 1, '[]', admitted_at, 'interactive', s.price_id,
      case when dice < 0.02 then 0 else prompt * 70 + completion * 300 end, s.holds,
      case when dice >= 0.02 then floor(extract(epoch from admitted_at) / 3600)::bigint * ${accounts}::int + s.account end,
      2, 120, completion * 10, admitted_at + interval '5 seconds'
    from (
      select i, random() as dice, account, key,
        case when random() < 0.00001 then ${models}::int when ${isOwnModel} then (account + key) % ${models}::int else floor(${models}::int * random())::int end as model,
        100 + floor(2000 * random())::int as prompt, 1 + floor(500 * random())::int as completion,
        (${month.start}::timestamptz + i * ${Number(month.seconds) / count}::float8 * interval '1 second')::timestamptz(3) as admitted_at
      from (select i, floor(${accounts}::int * random() ^ 2)::int as account, ${key} as key from generate_series(0, ${count - 1}::int) i) drawn
    ) made join bench_subject s using (account, key, model)`);
  await tx.execute(
    sql.raw(
      `alter table usage_event attach partition ${month.name} for values from ('${month.start}') to ('${month.end}')`,
    ),
  );
  await tx.execute(
    sql.raw(`create table bench_hour_${ago} as
    select date_trunc('hour', admitted_at, 'UTC') as hour, account_id, key_id, model, count(*)::bigint as requests, (count(*) filter (where status = 'failed'))::bigint as failed_requests,
      sum(prompt_tokens)::bigint as prompt_tokens, sum(cached_tokens)::bigint as cached_tokens, sum(completion_tokens)::bigint as completion_tokens,
      0::bigint as reasoning_tokens, 0::bigint as speech_characters, sum(charge_nano)::bigint as charge_nano
    from ${month.name} group by 1, 2, 3, 4 order by 1, 2, 3, 4`),
  );
}

/** Hours, days, and one posting per account and hour, after a payment that covers all of them twice. */
async function fillSums(tx: Sql, monthsAgo: readonly number[]): Promise<void> {
  await tx.execute(sql`set local role none`);
  await tx.execute(sql`set local work_mem = '256MB'`);
  // The triggers, which would take longer than all the rest; checks and unique indexes stay.
  await tx.execute(sql`set local session_replication_role = replica`);
  await tx.execute(sql`truncate usage_hour, usage_day, usage_total, ledger_transaction, ledger_entry`);
  for (const ago of monthsAgo)
    await tx.execute(
      sql.raw(
        `insert into usage_hour (hour, account_id, key_id, model, ${rolledUp}) select hour, account_id, key_id, model, ${rolledUp} from bench_hour_${ago}`,
      ),
    );
  await tx.execute(
    sql.raw(`insert into usage_day (day, account_id, key_id, model, ${rolledUp})
    select date_trunc('day', hour, 'UTC'), account_id, key_id, model, ${rolledUp.replaceAll(/\w+/g, "sum($&)")} from usage_hour group by 1, 2, 3, 4 order by 1, 2, 3, 4`),
  );
  // As four gateways would have written them.
  await tx.execute(
    sql.raw(`insert into usage_total (hour, model, part, ${rolledUp})
    select hour, model, abs(hashtext(key_id)) % 4, ${rolledUp.replaceAll(/\w+/g, "sum($&)")} from usage_hour group by 1, 2, 3 order by 1, 2, 3`),
  );
  await tx.execute(sql`
    create table bench_posting as
    select extract(epoch from hour)::bigint / 3600 * (select count(*) from account) + substr(account_id, 6)::int as id, account_id,
      1 + row_number() over (partition by account_id order by hour) as seq, hour, sum(requests) as requests, sum(charge_nano)::bigint as charge
    from usage_hour group by account_id, hour having sum(charge_nano) > 0`);
  await tx.execute(sql`
    insert into bench_posting
    select row_number() over (), account_id, 1, min(hour), 0, -2 * sum(charge) from bench_posting group by account_id`);
  await tx.execute(sql`
    insert into ledger_transaction (id, account_id, seq, kind, author, reason, created_at, previous_hash, hash)
    select id, account_id, seq, case seq when 1 then 'top_up' else 'usage' end, 'gateway:gw-1', requests || ' requests', hour + least(seq - 1, 1) * interval '1 hour',
      sha256(account_id::bytea), sha256(hour::text::bytea)
    from bench_posting order by hour, id`);
  await tx.execute(sql`
    insert into ledger_entry (transaction_id, line, book, amount_nano)
    select id, line, case when line = 1 then 'credit' when seq = 1 then 'cash' else 'revenue' end, case line when 1 then -charge else charge end
    from bench_posting, generate_series(1, 2) line order by hour, id, line`);
  await tx.execute(sql`
    update purse set balance_nano = balance from (select account_id, -sum(charge)::bigint as balance from bench_posting group by 1) used where purse.id = used.account_id`);
  await tx.execute(
    sql`drop table bench_posting, bench_subject, ${sql.raw(monthsAgo.map((ago) => `bench_hour_${ago}`).join(", "))}`,
  );
}
