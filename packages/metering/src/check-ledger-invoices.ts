/** The checks of the ledger that are about invoices: each says what its lines, its range of the ledger and its booking say, and none is missing. */
import { sql } from "drizzle-orm";
import type { RowCheck } from "./check-ledger-rows.ts";

export const invoiceChecks: readonly RowCheck[] = [
  {
    invariant: 1,
    problem: "invoice_differs",
    cause: "Invoices or payments of them were changed by hand.",
    bad: sql`select format('account %s: its invoices have %s nano-USD open, the ledger %s', coalesce(o.account_id, r.account_id), coalesce(o.open, 0), coalesce(r.open, 0)) as row
      from (
        select account_id, sum(open) as open from (
          select i.account_id, greatest(0, i.total_nano - coalesce((select sum(p.amount_nano) from invoice_payment p where p.invoice_number = i.number), 0)
            + coalesce((select sum(n.total_nano) from invoice n where n.refers_to = i.number), 0)) as open from invoice i where i.kind = 'invoice'
        ) each group by 1
      ) o full join (
        select t.account_id, -sum(e.amount_nano) as open from ledger_entry e join ledger_transaction t on t.id = e.transaction_id where e.book = 'receivable' group by 1
      ) r on r.account_id = o.account_id where coalesce(o.open, 0) <> coalesce(r.open, 0)`,
  },
  {
    invariant: 4,
    problem: "invoice_gap",
    cause: "Invoices were removed by hand, or a backup was restored in part.",
    bad: sql`select format('year %s: %s numbers up to %s', year, count(*), max(seq)) as row from invoice group by year having count(*) <> max(seq)
      union all select format('invoice %s covers the ledger of %s from %s, the one before ends at %s', number, account_id, from_seq, before) from (
        select number, account_id, from_seq, coalesce(lag(through_seq) over (partition by account_id order by through_seq), 0) as before from invoice where kind = 'invoice'
      ) ranges where from_seq <> before + 1`,
  },
  {
    invariant: 1,
    problem: "invoice_lines_differ",
    cause: "Lines of an invoice were changed by hand.",
    bad: sql`select format('invoice %s: its lines sum to %s nano-USD, it says %s', i.number, coalesce(l.amount, 0), i.exact_nano) as row
      from invoice i left join (select invoice_number, sum(amount_nano) as amount from invoice_line group by 1) l on l.invoice_number = i.number
      where i.exact_nano is distinct from l.amount`,
  },
  {
    invariant: 1,
    problem: "invoice_not_booked",
    cause: "An invoice or its booking was changed by hand.",
    bad: sql`select format('%s %s is not what ledger transaction %s books', i.kind, i.number, i.ledger_transaction_id) as row
      from invoice i left join ledger_transaction t on t.id = i.ledger_transaction_id and t.account_id = i.account_id and t.kind = i.kind and t.reference = i.number
      cross join lateral (
        select coalesce(sum(amount_nano) filter (where book = 'credit'), 0) as credit, coalesce(sum(amount_nano) filter (where book = 'receivable'), 0) as receivable,
          coalesce(sum(amount_nano) filter (where book = 'revenue'), 0) as revenue, coalesce(sum(amount_nano) filter (where book = 'rounding'), 0) as rounding,
          coalesce(sum(amount_nano) filter (where book = 'tax'), 0) as tax
        from ledger_entry where transaction_id = t.id
      ) e
      where case when i.kind = 'invoice' then (e.credit, e.rounding, e.tax, e.receivable) is distinct from (i.exact_nano, i.rounding_nano, i.tax_nano, -i.total_nano)
        else (e.revenue, e.tax, e.credit + e.receivable) is distinct from (i.exact_nano, i.tax_nano, -i.total_nano) end`,
  },
  {
    invariant: 4,
    problem: "invoice_range_differs",
    cause:
      "The range of an invoice was changed by hand: what lies in it is asked for once, and what it leaves out never.",
    bad: sql`select format('invoice %s asks for %s nano-USD, its range of the ledger (%s to %s) has %s', i.number, i.exact_nano, i.from_seq, i.through_seq, coalesce(r.amount, 0)) as row
      from invoice i
      left join lateral (
        select -sum(e.amount_nano) as amount from account_stretch() s
        join ledger_transaction t on t.account_id = s.account_id and t.seq between greatest(i.from_seq, s.after_seq + 1) and least(i.through_seq, s.through_seq)
        join ledger_entry e on e.transaction_id = t.id and e.book = 'credit'
        where s.account_id = i.account_id and s.kind = 'postpaid' and t.kind in ('usage', 'correction', 'adjustment')
      ) r on true
      where i.kind = 'invoice' and (i.exact_nano is distinct from r.amount
        or not exists (select 1 from ledger_transaction t where t.account_id = i.account_id and t.seq = i.through_seq))`,
  },
];
