/** What accounts owe: open invoices, and debts; each account's, and of all together. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

/** Nano-USD. */
export interface OwedByAccount {
  /** Taken back of payments, after it was used. */
  debtNano: bigint;
  /** Of invoices that are open, overdue ones included. */
  invoicedNano: bigint;
  overdueNano: bigint;
}

const nano = z.coerce.bigint();
const owedSchema = z.array(z.object({ id: z.string(), debt: nano, invoiced: nano, overdue: nano }));

/** What an invoice `i` still asks for, paid and credited parts off; below zero where a credit note gave paid money back. */
const owedOfInvoice = sql`i.total_nano
  - (select coalesce(sum(p.amount_nano), 0) from invoice_payment p where p.invoice_number = i.number)
  + (select coalesce(sum(n.total_nano), 0) from invoice n where n.refers_to = i.number)`;

/** By account id. */
export async function readOwedByAccount(
  db: Pick<Db, "execute">,
  accountIds: readonly string[],
): Promise<Map<string, OwedByAccount>> {
  if (accountIds.length === 0) return new Map();
  const { rows } = await db.execute(sql`
    select a.id, debt_of(a.id) as debt, coalesce(sum(o.owed) filter (where o.owed > 0), 0)::text as invoiced,
      coalesce(sum(o.owed) filter (where o.owed > 0 and o.due_at < clock_timestamp()), 0)::text as overdue
    from unnest(${sql.param(accountIds)}::text[]) a(id)
    left join lateral (
      select i.due_at, ${owedOfInvoice} as owed from invoice i where i.account_id = a.id and i.kind = 'invoice'
    ) o on true
    group by a.id`);
  return new Map(
    owedSchema
      .parse(rows)
      .map(({ id, debt, invoiced, overdue }) => [id, { debtNano: debt, invoicedNano: invoiced, overdueNano: overdue }]),
  );
}

/** Of all accounts together. Nano-USD. */
export interface MoneySummary {
  /** Credit of prepaid accounts; of it, what gateways hold in leases. */
  creditNano: bigint;
  leasedNano: bigint;
  /** What postpaid accounts used since their last invoice. */
  uninvoicedNano: bigint;
  invoices: { open: number; openNano: bigint; overdue: number; overdueNano: bigint };
  debtNano: bigint;
}

const summarySchema = z.object({
  credit: nano,
  leased: nano,
  uninvoiced: nano,
  open: z.coerce.number(),
  open_nano: nano,
  overdue: z.coerce.number(),
  overdue_nano: nano,
  debt: nano,
});

export async function readMoneySummary(db: Pick<Db, "execute">): Promise<MoneySummary> {
  const { rows } = await db.execute(sql`
    with paid as (select invoice_number, sum(amount_nano) as nano from invoice_payment group by 1),
    credited as (select refers_to, -sum(total_nano) as nano from invoice where refers_to is not null group by 1),
    owed as (
      select i.due_at, i.total_nano - coalesce(paid.nano, 0) - coalesce(credited.nano, 0) as nano
      from invoice i left join paid on paid.invoice_number = i.number left join credited on credited.refers_to = i.number
      where i.kind = 'invoice'
    ),
    money as (
      select coalesce(sum(p.balance_nano) filter (where a.kind = 'prepaid'), 0)::text as credit,
        coalesce(sum(p.leased_nano) filter (where a.kind = 'prepaid'), 0)::text as leased,
        coalesce(-sum(p.balance_nano) filter (where a.kind = 'postpaid' and p.balance_nano < 0), 0)::text as uninvoiced
      from account a join purse p on p.id = a.id
    ),
    asked as (
      select count(*) filter (where nano > 0) as open, coalesce(sum(nano) filter (where nano > 0), 0)::text as open_nano,
        count(*) filter (where nano > 0 and due_at < clock_timestamp()) as overdue,
        coalesce(sum(nano) filter (where nano > 0 and due_at < clock_timestamp()), 0)::text as overdue_nano
      from owed
    )
    select money.*, asked.*,
      (select coalesce(-sum(amount_nano), 0)::text from ledger_entry where book = 'debt') as debt
    from money, asked`);
  const { credit, leased, uninvoiced, open, open_nano, overdue, overdue_nano, debt } = summarySchema.parse(rows[0]);
  return {
    creditNano: credit,
    leasedNano: leased,
    uninvoicedNano: uninvoiced,
    invoices: { open, openNano: open_nano, overdue, overdueNano: overdue_nano },
    debtNano: debt,
  };
}
