/** The statement of an account for a month: what there was, what came, what was used, what is left. For prepaid accounts, which get no invoice. */
import { type Db, type InvoiceParty, type LedgerKind, ledgerKinds } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { formatUsd } from "../money.ts";
import { type ChargeLine, readChargeLines, sumOf } from "./charge-lines.ts";
import { renderCsv } from "./csv.ts";
import { type DocumentRow, renderDocumentPdf } from "./document-pdf.ts";
import { writeDay, writeMonth, writeUsd } from "./document-words.ts";
import { toRows } from "./line-rows.ts";
import { monthEnd, monthStart, readClock } from "./month.ts";
import { buyerParty, createPartyStore, sellerParty } from "./parties.ts";
import { toParty } from "./render-invoice.ts";
import { readStretches, whileKind } from "./stretches.ts";

/** Requests are booked some time after they were admitted. */
const admittedSlackMs = 2 * 86_400_000;
/** More movements than this in one month are not for paper. */
const movementsMax = 10_000;
const whileInvoiced = "while it was postpaid, see its invoices";

export interface Movement {
  kind: LedgerKind;
  at: Date;
  reason: string;
  /** Of the balance. Nano-USD. */
  amountNano: bigint;
}

export interface Statement {
  accountId: string;
  month: string;
  /** Null: not set. */
  seller: InvoiceParty | null;
  buyer: InvoiceParty;
  openingNano: bigint;
  /** Payments, refunds, corrections; and what was used while the account was postpaid, in one sum: its invoices explain that. */
  movements: Movement[];
  /** While it was prepaid. Sums to what was charged. */
  usage: ChargeLine[];
  closingNano: bigint;
  /** When it was made: a month that is not over goes on. */
  madeAt: Date;
}

const rangeSchema = z.object({
  after_seq: z.coerce.bigint(),
  through_seq: z.coerce.bigint(),
  closing: z.coerce.bigint(),
  moved: z.coerce.bigint(),
});
const movementSchema = z.object({
  kind: z.enum(ledgerKinds),
  created_at: z.coerce.date(),
  reason: z.string(),
  amount: z.coerce.bigint(),
});

/** Undefined: no such account. @throws {ChargesDisagreeError} when ledger and usage events disagree; {UsageDroppedError} because retention has dropped some. */
export async function readStatement(
  db: Db,
  { accountId, month }: { accountId: string; month: string },
): Promise<Statement | undefined> {
  const parties = createPartyStore({ db });
  const owner = await parties.buyer(accountId);
  if (owner === undefined) return undefined;
  const seller = await parties.seller();
  // One statement, one snapshot. From the balance of now backwards: what came after a month is mostly less than all that came before.
  const lastBefore = (moment: Date) =>
    sql`coalesce((select t.seq from ledger_transaction t where t.account_id = ${accountId} and t.created_at < ${moment.toISOString()} order by t.seq desc limit 1), 0)`;
  const { rows } = await db.execute(sql`
    with range as (select ${lastBefore(monthStart(month))} as after_seq, ${lastBefore(monthEnd(month))} as through_seq),
    credit as (
      select t.seq, e.amount_nano from range, ledger_transaction t
      join ledger_entry e on e.transaction_id = t.id and e.book = 'credit'
      where t.account_id = ${accountId} and t.seq > range.after_seq
    )
    select after_seq, through_seq,
      (select balance_nano from purse where id = ${accountId}) - coalesce((select sum(amount_nano) from credit where seq > through_seq), 0) as closing,
      coalesce((select sum(amount_nano) from credit where seq <= through_seq), 0) as moved
    from range`);
  const { after_seq, through_seq, closing, moved } = rangeSchema.parse(rows[0]);
  const stretches = await readStretches(db, accountId);
  const within = sql`t.account_id = ${accountId} and t.seq > ${after_seq} and t.seq <= ${through_seq}`;
  const listed = await db.execute(sql`
    select kind, created_at, reason, amount from (
      select t.seq, t.kind, t.created_at, t.reason, sum(e.amount_nano) as amount
      from ledger_transaction t join ledger_entry e on e.transaction_id = t.id and e.book = 'credit'
      where ${within} and t.kind <> 'usage' group by t.id
      union all
      select max(t.seq), t.kind, max(t.created_at), ${whileInvoiced}, sum(e.amount_nano)
      from ledger_transaction t join ledger_entry e on e.transaction_id = t.id and e.book = 'credit'
      where ${within} and t.kind = 'usage' and ${whileKind(stretches, "postpaid")} group by t.kind
    ) moved order by seq limit ${movementsMax + 1}`);
  if (listed.rows.length > movementsMax) throw new Error(`More than ${movementsMax} movements in ${month}.`);
  const movements = listed.rows.map((row) => {
    const { kind, created_at, reason, amount } = movementSchema.parse(row);
    return { kind, at: created_at, reason, amountNano: amount };
  });
  const charged = await readChargeLines(db, {
    accountId,
    fromSeq: after_seq + 1n,
    throughSeq: through_seq,
    kind: "prepaid",
    stretches,
    admittedFrom: new Date(monthStart(month).getTime() - admittedSlackMs),
    admittedBefore: new Date(monthEnd(month).getTime() + admittedSlackMs),
  });
  const usage = charged.filter(({ kind }) => kind !== "correction" && kind !== "adjustment");
  const openingNano = closing - moved;
  if (openingNano + sumOf(movements) - sumOf(usage) !== closing) {
    throw new Error(`The statement of ${accountId} for ${month} does not add up.`);
  }
  return {
    accountId,
    month,
    seller: seller === undefined ? null : sellerParty(seller),
    buyer: buyerParty(owner.account, owner.buyer),
    openingNano,
    movements,
    usage,
    closingNano: closing,
    madeAt: await readClock(db),
  };
}

const movementNames: Readonly<Record<LedgerKind, string>> = {
  usage: "Usage",
  top_up: "Top-up",
  refund: "Refund",
  dispute: "Dispute",
  adjustment: "Adjustment",
  correction: "Correction",
  invoice: "Invoice",
  credit_note: "Credit note",
  payment: "Payment",
  debt_payment: "Payment of debt",
};

export async function renderStatementPdf(statement: Statement): Promise<Uint8Array> {
  const { month, seller, buyer, movements, usage } = statement;
  const isOver = statement.madeAt >= monthEnd(month);
  const movementRows: DocumentRow[] = movements.map(({ kind, at, reason, amountNano }) => ({
    cells: [`${movementNames[kind]}: ${reason}`, writeDay(at), "", writeUsd(amountNano)],
  }));
  const usageNano = sumOf(usage);
  return renderDocumentPdf({
    title: "Statement",
    number: writeMonth(month),
    parties: [...(seller === null ? [] : [toParty("From", seller)]), toParty("For", buyer)],
    facts: [
      ["Period", writeMonth(month)],
      ["As of", writeDay(isOver ? monthEnd(month) : statement.madeAt)],
      ["Account", statement.accountId],
    ],
    columns: [
      { header: "Description", width: 0 },
      { header: "Quantity, day", width: 100 },
      { header: "Unit price", width: 90 },
      { header: "Amount", width: 110 },
    ],
    rows: [
      ...(movements.length === 0 ? [] : [{ heading: "Payments and corrections" }, ...movementRows]),
      ...toRows(usage),
    ],
    sums: [
      { label: "Opening balance", amount: writeUsd(statement.openingNano) },
      { label: "Payments, corrections", amount: writeUsd(sumOf(movements)) },
      { label: "Usage", amount: writeUsd(-usageNano) },
      { label: "Closing balance", amount: writeUsd(statement.closingNano), strong: true },
    ],
    notes: isOver ? [] : ["The month is not over: this is what was booked so far."],
    author: seller?.name ?? "Tera",
    createdAt: isOver ? monthEnd(month) : statement.madeAt,
  });
}

/** Amounts are exact decimals of USD, as the balance saw them: usage is negative. */
export function renderStatementCsv(statement: Statement): string {
  const { month, accountId } = statement;
  const row = (kind: string, amountNano: bigint, more: (string | null)[] = []) => [
    month,
    accountId,
    kind,
    ...Array.from({ length: 7 }, (_, index) => more[index] ?? null),
    formatUsd(amountNano),
  ];
  return renderCsv(
    [
      "month",
      "account",
      "kind",
      "at",
      "description",
      "model",
      "key_id",
      "measure",
      "quantity",
      "unit_usd",
      "amount_usd",
    ],
    [
      row("opening", statement.openingNano),
      ...statement.movements.map(({ kind, at, reason, amountNano }) =>
        row(kind, amountNano, [at.toISOString(), reason]),
      ),
      ...statement.usage.map((line) =>
        line.kind === "usage"
          ? row("usage", -line.amountNano, [
              null,
              null,
              line.model,
              line.keyId,
              line.measure,
              line.quantity.toString(),
              formatUsd(line.unitNano),
            ])
          : row(line.kind, -line.amountNano, [null, line.description, line.model ?? null, line.keyId ?? null]),
      ),
      row("closing", statement.closingNano),
    ],
  );
}
