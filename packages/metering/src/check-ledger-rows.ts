/**
 * The checks of the ledger that are questions to Postgres: each is a query for the rows that should not be. They stay bounded however much there is:
 * Postgres aggregates, and only the first bad rows come here.
 */
import type { Db } from "@tera/database";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type LedgerFinding, type LedgerInvariant, rowsShownMax } from "./ledger-finding.ts";

export interface RowCheck {
  invariant: LedgerInvariant;
  problem: string;
  cause: string;
  /** Rows that should not be: one column `row`, of words. */
  bad: SQL;
}

export interface RowCheckOptions {
  /** Usage before this month was dropped; undefined: none was. */
  keptSince: Date | undefined;
}

/** A sweep needs this long at the most for a dead gateway's leases, when all is well. */
const leaseGraceS = 120;
/** How old a gateway's picture of the price book can be. */
const priceGraceS = 90;

/** What an event must have been charged, from its raw counts; amounts are numeric, so that nothing overflows. */
const expectedCharge = sql`
  case
    when u.status = 'failed' or p.id is null then 0
    when u.status = 'cancelled' and u.prompt_tokens + u.completion_tokens + u.speech_characters = 0 then 0
    else div(
      ((u.prompt_tokens - u.cached_tokens)::numeric * p.input_nano + u.cached_tokens::numeric * p.cache_read_nano + u.completion_tokens::numeric * p.output_nano
        + u.speech_characters::numeric * p.character_nano + p.request_nano) * case when u.lane = 'batch' then 10000 - p.batch_discount_basis_points else 10000 end,
      10000)
  end`;

/** Every column of a roll-up, added up. */
const sumsOfHours = sql`array[sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano)]::numeric[]`;

export function rowChecks({ keptSince }: RowCheckOptions): RowCheck[] {
  const since = keptSince?.toISOString() ?? "-infinity";
  // A charge can be booked a while after its request: what was booked on the first day after the cut may be about usage that was dropped.
  const bookedSince = keptSince === undefined ? "-infinity" : new Date(keptSince.getTime() + 86_400_000).toISOString();
  return [
    {
      invariant: 1,
      problem: "balance_without_ledger",
      cause: "The balance was changed by other means than a ledger transaction.",
      bad: sql`select format('account %s has %s nano-USD and no ledger', p.id, p.balance_nano) as row from purse p
        where p.kind = 'account' and p.balance_nano <> 0 and not exists (select 1 from ledger_transaction t where t.account_id = p.account_id)`,
    },
    {
      invariant: 1,
      problem: "entry_without_transaction",
      cause: "Ledger transactions were deleted by hand, or a backup was restored in part.",
      bad: sql`select format('entry %s of ledger transaction %s: %s nano-USD in %s', e.line, e.transaction_id, e.amount_nano, e.book) as row from ledger_entry e
        where not exists (select 1 from ledger_transaction t where t.id = e.transaction_id)`,
    },
    {
      invariant: 1,
      problem: "debt_overpaid",
      cause: "Entries of the book of debts were added by hand.",
      bad: sql`select format('account %s has paid %s nano-USD more of its debt than it owed', t.account_id, sum(e.amount_nano)) as row
        from ledger_entry e join ledger_transaction t on t.id = e.transaction_id where e.book = 'debt' group by t.account_id having sum(e.amount_nano) > 0`,
    },
    {
      invariant: 2,
      problem: "available_negative",
      cause: "The constraint that forbids it was dropped.",
      bad: sql`select format('purse %s: %s nano-USD, of which %s in leases', id, balance_nano, leased_nano) as row from purse
        where leased_nano < 0 or (kind = 'account' and bounded and balance_nano < leased_nano)`,
    },
    {
      invariant: 2,
      problem: "bound_differs",
      cause: "An account's kind, or what keeps its credit from going below zero, was changed by hand.",
      bad: sql`select format('purse %s of %s account %s is %s', p.id, a.kind, a.id, case when p.bounded then 'bounded' else 'without a bound' end) as row
        from purse p join account a on a.id = p.account_id where p.bounded is distinct from (p.kind <> 'account' or a.kind = 'prepaid')`,
    },
    {
      invariant: 3,
      problem: "charge_differs",
      cause: "The charge was worked out by another rule than this version's, or the row was changed by hand.",
      bad: sql`select format('request %s: charged %s nano-USD instead of %s (price %s)', u.request_id, u.charge_nano, ${expectedCharge}, u.price_id) as row
        from usage_event u left join price p on p.id = u.price_id where u.charge_nano <> ${expectedCharge}`,
    },
    {
      invariant: 3,
      problem: "corrected_charge_differs",
      cause: "Corrections were added or removed by hand.",
      bad: sql`select format('request %s: charged and corrected to %s nano-USD instead of %s (price %s)', u.request_id, u.charge_nano + c.amount, ${expectedCharge}, p.id) as row
        from (select request_id, admitted_at, sum(amount_nano) as amount, (array_agg(price_id order by ledger_transaction_id desc))[1] as price_id
          from usage_correction group by 1, 2) c
        join usage_event u using (request_id, admitted_at) left join price p on p.id = c.price_id where u.charge_nano + c.amount <> ${expectedCharge}`,
    },
    {
      invariant: 3,
      problem: "price_unknown",
      cause: "Prices are never deleted: rows were removed by hand.",
      bad: sql`select format('request %s names price %s, which is not there or of another model', u.request_id, u.price_id) as row
        from usage_event u left join price p on p.id = u.price_id where u.price_id is not null and p.model is distinct from u.model`,
    },
    {
      invariant: 3,
      problem: "price_not_in_force",
      cause: `A gateway worked with a picture of the price book that was older than ${priceGraceS} s, or its clock is wrong.`,
      bad: sql`select format('request %s was admitted at %s with price %s, which was not in force', u.request_id, u.admitted_at, u.price_id) as row
        from usage_event u join price p on p.id = u.price_id
        where p.valid_from > u.admitted_at + interval '5 seconds' or exists (
          select 1 from price q where q.model = p.model and (q.valid_from, q.revision) > (p.valid_from, p.revision)
            and q.valid_from < u.admitted_at - ${priceGraceS} * interval '1 second' and q.created_at < u.admitted_at - ${priceGraceS} * interval '1 second')`,
    },
    {
      invariant: 3,
      problem: "counts_impossible",
      cause: "An engine said so, and it was believed.",
      bad: sql`select format('request %s: %s of %s prompt tokens cached, %s of %s completion tokens reasoning', request_id, cached_tokens, prompt_tokens, reasoning_tokens, completion_tokens) as row
        from usage_event where cached_tokens > prompt_tokens or reasoning_tokens > completion_tokens`,
    },
    {
      invariant: 4,
      problem: "event_twice",
      cause: "Two witnesses of one request named different times of admission.",
      bad: sql`select format('request %s has %s events', request_id, count(*)) as row from usage_event group by request_id having count(*) > 1`,
    },
    {
      invariant: 4,
      problem: "event_not_posted",
      cause: "The event was written by other means than settling.",
      bad: sql`select format('request %s: %s nano-USD, ledger transaction %s', u.request_id, u.charge_nano, coalesce(u.ledger_transaction_id::text, 'none')) as row
        from usage_event u left join ledger_transaction t on t.id = u.ledger_transaction_id and t.account_id = u.account_id and t.kind = 'usage'
        where (u.charge_nano > 0) is distinct from (u.ledger_transaction_id is not null) or (u.ledger_transaction_id is not null and t.id is null)`,
    },
    {
      invariant: 4,
      problem: "posting_differs",
      cause: "Usage events were removed or added by hand, or a backup was restored in part.",
      bad: sql`select format('ledger transaction %s posts %s nano-USD, its events sum to %s', e.transaction_id, e.revenue, coalesce(c.charged, 0)) as row
        from (select e.transaction_id, sum(e.amount_nano) as revenue from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
          where t.kind in ('usage', 'correction') and t.created_at >= ${bookedSince}::timestamptz and e.book = 'revenue' group by 1) e
        left join (
          select ledger_transaction_id, sum(charge_nano) as charged from usage_event where ledger_transaction_id is not null group by 1
          union all select ledger_transaction_id, sum(amount_nano) from usage_correction group by 1
        ) c on c.ledger_transaction_id = e.transaction_id
        where e.revenue <> coalesce(c.charged, 0)`,
    },
    {
      invariant: 4,
      problem: "roll_up_differs",
      cause: "Usage events or roll-ups were changed by hand.",
      bad: sql`select format('%s, account %s, key %s, model %s: the roll-up says %s requests, %s tokens, %s nano-USD and %s of corrections, the events %s, %s, %s and %s',
          hour, account_id, key_id, model, coalesce(h.requests, 0), coalesce(h.tokens, 0), coalesce(h.charge, 0), coalesce(h.correction, 0),
          coalesce(u.requests, 0), coalesce(u.tokens, 0), coalesce(u.charge, 0), coalesce(u.correction, 0)) as row
        from (select hour, account_id, key_id, model, requests, failed_requests as failed, prompt_tokens + completion_tokens as tokens, array[prompt_tokens, cached_tokens, reasoning_tokens, speech_characters]::numeric[] as counts,
          charge_nano as charge, correction_nano as correction from usage_hour where hour >= ${since}::timestamptz) h
        full join (select date_trunc('hour', admitted_at, 'UTC') as hour, account_id, key_id, model, count(*) as requests, count(*) filter (where status = 'failed') as failed,
          sum(prompt_tokens + completion_tokens) as tokens,
          array[sum(prompt_tokens), sum(cached_tokens), sum(reasoning_tokens), sum(speech_characters)]::numeric[] as counts, sum(charge_nano) as charge, coalesce(sum(amount), 0) as correction
          from usage_event left join (select request_id, admitted_at, sum(amount_nano) as amount from usage_correction group by 1, 2) c using (request_id, admitted_at)
          where admitted_at >= ${since}::timestamptz group by 1, 2, 3, 4) u
          using (hour, account_id, key_id, model)
        where (h.requests, h.failed, h.tokens, h.counts, h.charge, h.correction) is distinct from (u.requests, u.failed, u.tokens, u.counts, u.charge, u.correction)`,
    },
    {
      invariant: 4,
      problem: "day_differs",
      cause: "Roll-ups were changed by hand, or the triggers that add hours up to days were switched off.",
      // Every column, and of all times: hours and days outlive the events.
      bad: sql`select format('%s, account %s, key %s, model %s: the day says %s requests, %s tokens and %s nano-USD, its hours %s, %s and %s',
          to_char(day at time zone 'UTC', 'YYYY-MM-DD'), account_id, key_id, model, coalesce(d.sums[1], 0), coalesce(d.sums[3] + d.sums[5], 0), coalesce(d.sums[8] + d.sums[9], 0),
          coalesce(h.sums[1], 0), coalesce(h.sums[3] + h.sums[5], 0), coalesce(h.sums[8] + h.sums[9], 0)) as row
        from (select day, account_id, key_id, model, array[requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
          speech_characters, charge_nano, correction_nano]::numeric[] as sums from usage_day) d
        full join (select date_trunc('day', hour, 'UTC') as day, account_id, key_id, model, ${sumsOfHours} as sums from usage_hour group by 1, 2, 3, 4) h
          using (day, account_id, key_id, model)
        where d.sums is distinct from h.sums`,
    },
    {
      invariant: 4,
      problem: "total_differs",
      cause: "Roll-ups were changed by hand, or the triggers that add hours up over all accounts were switched off.",
      bad: sql`select format('%s, model %s: the total says %s requests, %s tokens and %s nano-USD, its hours %s, %s and %s',
          hour, model, coalesce(t.sums[1], 0), coalesce(t.sums[3] + t.sums[5], 0), coalesce(t.sums[8] + t.sums[9], 0),
          coalesce(h.sums[1], 0), coalesce(h.sums[3] + h.sums[5], 0), coalesce(h.sums[8] + h.sums[9], 0)) as row
        from (select hour, model, ${sumsOfHours} as sums from usage_total group by 1, 2) t
        full join (select hour, model, ${sumsOfHours} as sums from usage_hour group by 1, 2) h using (hour, model)
        where t.sums is distinct from h.sums`,
    },
    {
      invariant: 5,
      problem: "lease_overdue",
      cause:
        "No gateway runs that could close it, or usage that its gateway owes cannot be settled: see the gateways' logs.",
      bad: sql`select format('lease %s of gateway %s: %s nano-USD since %s', id, gateway_id, amount_nano, expires_at) as row from credit_lease
        where closed_at is null and amount_nano > 0 and expires_at < clock_timestamp() - ${leaseGraceS} * interval '1 second'`,
    },
    {
      invariant: 5,
      problem: "leases_differ",
      cause: "Leases or purses were changed by hand.",
      bad: sql`select format('purse %s says that %s nano-USD are in leases, its leases hold %s', coalesce(p.id, l.purse_id), p.leased_nano, coalesce(l.amount, 0)) as row
        from purse p full join (select purse_id, sum(amount_nano) as amount from credit_lease where amount_nano > 0 group by 1) l on l.purse_id = p.id
        where coalesce(p.leased_nano, 0) <> coalesce(l.amount, 0)`,
    },
    {
      invariant: 5,
      problem: "closed_lease_holds",
      cause: "Leases were changed by hand.",
      bad: sql`select format('lease %s is closed and holds %s nano-USD', id, amount_nano) as row from credit_lease where closed_at is not null and amount_nano <> 0`,
    },
  ];
}

const badSchema = z.object({ row: z.string(), total: z.coerce.number() });

/** @returns a finding when there are such rows. */
export async function runRowCheck(
  db: Pick<Db, "execute">,
  { bad, ...about }: RowCheck,
): Promise<LedgerFinding | undefined> {
  const { rows } = await db.execute(
    sql`select row, count(*) over () as total from (${bad}) bad order by row limit ${rowsShownMax}`,
  );
  const found = z.array(badSchema).parse(rows);
  const [first] = found;
  return first === undefined ? undefined : { ...about, count: first.total, rows: found.map(({ row }) => row) };
}
