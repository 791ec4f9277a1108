/**
 * Issues the invoice of a postpaid account for a month.
 *
 * It asks for what was booked while the account was postpaid, whatever it is now. It covers the account's ledger from where the last invoice stopped to the last booking of the month, by the database's clock. What is booked later, also for
 * requests of this month, is on the next one: every booking is invoiced once, and the same month gives the same invoice whenever it is asked for.
 *
 * Lines are read first, without any lock; then one short transaction locks the purse, sees that nothing has changed, takes a number and books. A crash
 * before its end leaves nothing, and two that issue at once leave one invoice.
 */
import {
  account,
  type Db,
  type Invoice,
  invoice,
  invoiceLine,
  invoicePayment,
  ledgerTransaction,
} from "@tera/database";
import { and, desc, eq, lt, max, sql } from "drizzle-orm";
import { z } from "zod";
import { lockPurse, postEntries } from "../post-entries.ts";
import { type ChargeLine, readChargeLines, sumOf } from "./charge-lines.ts";
import { takeInvoiceNumber } from "./invoice-number.ts";
import { monthEnd, readClock } from "./month.ts";
import { buyerParty, createPartyStore, sellerParty } from "./parties.ts";
import { addUp, type Totals } from "./round-cents.ts";
import { readStretches, type Stretch, whileKind } from "./stretches.ts";

/** Bookings may come between reading and locking; in a month that is over they do not come for ever. */
const triesMax = 3;
const linesPerInsert = 1_000;
/** Requests are booked some time after they were admitted. */
const admittedSlackMs = 2 * 86_400_000;

export interface InvoiceDraft extends Totals {
  accountId: string;
  month: string;
  fromSeq: bigint;
  throughSeq: bigint;
  taxRateBasisPoints: number;
  lines: ChargeLine[];
}

export type IssueResult =
  | { outcome: "issued"; invoice: Invoice }
  /** `dryRun`: what would be issued. */
  | { outcome: "draft"; draft: InvoiceDraft }
  | { outcome: "issued_before"; invoice: Invoice }
  /** Nothing was charged, or less than half a cent, or it was given back: it waits for the next month. */
  | { outcome: "nothing" }
  /** `prepaid`: and nothing is left to be asked for of when it was postpaid. */
  | { outcome: "no_account" | "prepaid" | "no_seller" | "month_not_over" };

export interface IssueOptions {
  accountId: string;
  /** `2026-11` */
  month: string;
  author: string;
  dryRun?: boolean | undefined;
  /** Within the transaction that issues it. */
  onIssued?: ((tx: Db, invoice: Invoice) => Promise<void>) | undefined;
}

/** @throws {ChargesDisagreeError} when ledger and usage events disagree. */
export async function issueInvoice(db: Db, options: IssueOptions): Promise<IssueResult> {
  for (let tries = 1; ; tries++) {
    const prepared = await prepare(db, options);
    if (prepared.outcome !== "draft" || options.dryRun === true) return prepared;
    const issued = await db.transaction(async (tx) => {
      const made = await commit(tx, prepared.draft, options.author);
      if (made !== undefined) await options.onIssued?.(tx, made);
      return made;
    });
    if (issued !== undefined) return { outcome: "issued", invoice: issued };
    if (tries === triesMax)
      throw new Error(`The ledger of ${options.accountId} kept changing while its invoice was made.`);
  }
}

async function prepare(db: Db, { accountId, month }: IssueOptions): Promise<IssueResult> {
  const [owner] = await db.select().from(account).where(eq(account.id, accountId));
  if (owner === undefined) return { outcome: "no_account" };
  const [before] = await db
    .select()
    .from(invoice)
    .where(and(eq(invoice.accountId, accountId), eq(invoice.month, month), eq(invoice.kind, "invoice")));
  if (before !== undefined) return { outcome: "issued_before", invoice: before };
  const range = await readRange(db, accountId, month);
  const stretches = await readStretches(db, accountId);
  const firstAt = await readFirst(db, accountId, range, stretches);
  if (firstAt === undefined && owner.kind === "prepaid") return { outcome: "prepaid" };
  if ((await readClock(db)) < monthEnd(month)) return { outcome: "month_not_over" };
  const parties = createPartyStore({ db });
  const seller = await parties.seller();
  if (seller === undefined) return { outcome: "no_seller" };
  if (firstAt === undefined) return { outcome: "nothing" };
  const { fromSeq, throughSeq } = range;
  const lines = await readChargeLines(db, {
    accountId,
    fromSeq,
    throughSeq,
    kind: "postpaid",
    stretches,
    admittedFrom: new Date(firstAt.getTime() - admittedSlackMs),
    admittedBefore: new Date(monthEnd(month).getTime() + admittedSlackMs),
  });
  const taxRateBasisPoints = (await parties.buyer(accountId))?.buyer?.taxRateBasisPoints ?? seller.taxRateBasisPoints;
  const totals = addUp(sumOf(lines), taxRateBasisPoints);
  if (totals.totalNano <= 0n) return { outcome: "nothing" };
  return { outcome: "draft", draft: { accountId, month, fromSeq, throughSeq, taxRateBasisPoints, lines, ...totals } };
}

/** Of an account's ledger, inclusive. */
interface Range {
  fromSeq: bigint;
  throughSeq: bigint;
}

/** From after the last invoice to the last booking before the month's end. */
async function readRange(db: Pick<Db, "select">, accountId: string, month: string): Promise<Range> {
  const [covered] = await db
    .select({ throughSeq: max(invoice.throughSeq) })
    .from(invoice)
    .where(and(eq(invoice.accountId, accountId), eq(invoice.kind, "invoice")));
  const [last] = await db
    .select({ seq: ledgerTransaction.seq })
    .from(ledgerTransaction)
    .where(and(eq(ledgerTransaction.accountId, accountId), lt(ledgerTransaction.createdAt, monthEnd(month))))
    .orderBy(desc(ledgerTransaction.seq))
    .limit(1);
  return { fromSeq: (covered?.throughSeq ?? 0n) + 1n, throughSeq: last?.seq ?? 0n };
}

const firstSchema = z.object({ created_at: z.coerce.date() });

/** When the first booking of the range was made that is to be asked for. */
async function readFirst(
  db: Pick<Db, "execute">,
  accountId: string,
  { fromSeq, throughSeq }: Range,
  stretches: readonly Stretch[],
): Promise<Date | undefined> {
  const { rows } = await db.execute(sql`
    select t.created_at from ledger_transaction t
    where t.account_id = ${accountId} and t.seq between ${fromSeq} and ${throughSeq} and ${whileKind(stretches, "postpaid")}
    order by t.seq limit 1`);
  return rows[0] === undefined ? undefined : firstSchema.parse(rows[0]).created_at;
}

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

/** @returns undefined: something was booked or issued since the draft was made. */
async function commit(tx: Transaction, draft: InvoiceDraft, author: string): Promise<Invoice | undefined> {
  const { accountId, month, fromSeq, throughSeq, lines, exactNano, roundingNano, taxNano, totalNano } = draft;
  const locked = await lockPurse(tx, accountId);
  const range = await readRange(tx, accountId, month);
  if (locked === undefined || range.fromSeq !== fromSeq || range.throughSeq !== throughSeq) return undefined;
  const parties = createPartyStore({ db: tx });
  const seller = await parties.seller();
  const owner = await parties.buyer(accountId);
  if (seller === undefined || owner === undefined) return undefined;
  const issuedAt = await readClock(tx);
  const { seq, number } = await takeInvoiceNumber(tx, issuedAt.getUTCFullYear());
  const year = issuedAt.getUTCFullYear();
  const ledgerTransactionId = await postEntries(tx, {
    accountId,
    kind: "invoice",
    author,
    reason: `Invoice ${number} for ${month}`,
    reference: number,
    entries: [
      ["credit", exactNano],
      ["rounding", roundingNano],
      ["tax", taxNano],
      ["receivable", -totalNano],
    ],
  });
  const [issued] = await tx
    .insert(invoice)
    .values({
      number,
      year,
      seq,
      kind: "invoice",
      accountId,
      month,
      fromSeq,
      throughSeq,
      issuedAt,
      dueAt: new Date(issuedAt.getTime() + seller.dueDays * 86_400_000),
      author,
      seller: sellerParty(seller),
      buyer: buyerParty(owner.account, owner.buyer),
      exactNano,
      roundingNano,
      taxRateBasisPoints: draft.taxRateBasisPoints,
      taxNano,
      totalNano,
      ledgerTransactionId,
    })
    .returning();
  if (issued === undefined) throw new Error("an INSERT ... RETURNING gave no row");
  const rows = lines.map((line, index) => ({ ...line, invoiceNumber: number, line: index + 1 }));
  for (let at = 0; at < rows.length; at += linesPerInsert) {
    await tx.insert(invoiceLine).values(rows.slice(at, at + linesPerInsert));
  }
  await payFromCredit(tx, issued, locked.availableNano + exactNano);
  return issued;
}

/** What the account had paid ahead, or was given, pays at once. */
async function payFromCredit(tx: Transaction, issued: Invoice, availableNano: bigint): Promise<void> {
  const amountNano = availableNano < issued.totalNano ? availableNano : issued.totalNano;
  if (amountNano <= 0n) return;
  const ledgerTransactionId = await postEntries(tx, {
    accountId: issued.accountId,
    kind: "payment",
    author: issued.author,
    reason: `Invoice ${issued.number}, from credit`,
    reference: `${issued.number}:credit`,
    entries: [
      ["credit", -amountNano],
      ["receivable", amountNano],
    ],
  });
  await tx.insert(invoicePayment).values({
    invoiceNumber: issued.number,
    ledgerTransactionId,
    amountNano,
    paidAt: issued.issuedAt,
  });
}
