/** Invoices after they were issued: listed, shown, paid, credited. */
import { type Db, type Invoice, type InvoiceLine, invoice, invoiceLine, ledgerTransaction } from "@tera/database";
import { and, asc, desc, eq } from "drizzle-orm";
import { bookIncoming } from "../cash-flow.ts";
import { lockPurse, postEntries } from "../post-entries.ts";
import { takeInvoiceNumber } from "./invoice-number.ts";
import { type InvoiceSummary, summaryColumns, toSummary } from "./invoice-summary.ts";
import { readClock } from "./month.ts";
import { openPart, readOwed } from "./owed.ts";
import { centNano, taxWithin } from "./round-cents.ts";

export interface InvoiceDetails extends InvoiceSummary {
  lines: InvoiceLine[];
}

export type CreditNoteResult =
  | { outcome: "issued"; creditNote: Invoice }
  | { outcome: "no_invoice" }
  /** Also when nothing is left. */
  | { outcome: "too_much"; creditableNano: bigint }
  /** Not what `creditedNano` says: another credit note was issued. */
  | { outcome: "credited_meanwhile"; creditedNano: bigint }
  | { outcome: "not_cents" };

export type PaymentResult =
  /** What was paid beyond the invoice pays the account's debt, and is its credit then. */
  | { outcome: "booked"; openNano: bigint; surplusNano: bigint }
  | { outcome: "booked_before" }
  | { outcome: "no_invoice" }
  | { outcome: "not_open" };

export interface InvoiceStore {
  /** The newest first. */
  list(query: { accountId?: string | undefined; month?: string | undefined; limit: number }): Promise<InvoiceSummary[]>;
  /** @param linesMax the first ones; all when absent. */
  find(number: string, linesMax?: number): Promise<InvoiceDetails | undefined>;
  /**
   * Takes back an invoice, or a part. What it still asks for is asked no more; what was paid already becomes the account's credit.
   * @param amountNano tax included, whole cents; all that is left when absent.
   * @param creditedNano what credit notes had taken back as who issues it saw it: asked for twice, a second one is not issued. Not looked at when absent.
   */
  issueCreditNote(options: {
    number: string;
    amountNano?: bigint | undefined;
    creditedNano?: bigint | undefined;
    reason: string;
    author: string;
  }): Promise<CreditNoteResult>;
  /** @param reference of the payment; booked once. */
  pay(options: {
    number: string;
    amountNano: bigint;
    reference: string;
    reason: string;
    author: string;
  }): Promise<PaymentResult>;
}

type Reader = Pick<Db, "select" | "execute">;

export function createInvoiceStore({ db }: { db: Db }): InvoiceStore {
  async function summarize(
    reader: Reader,
    { number, accountId, month, limit }: { number?: string; accountId?: string; month?: string; limit: number },
  ): Promise<InvoiceSummary[]> {
    const rows = await reader
      .select(summaryColumns)
      .from(invoice)
      .where(
        and(
          number === undefined ? undefined : eq(invoice.number, number),
          accountId === undefined ? undefined : eq(invoice.accountId, accountId),
          month === undefined ? undefined : eq(invoice.month, month),
        ),
      )
      .orderBy(desc(invoice.year), desc(invoice.seq))
      .limit(limit);
    return rows.map(toSummary);
  }

  return {
    async list({ accountId, month, limit }) {
      return summarize(db, {
        limit,
        ...(accountId === undefined ? {} : { accountId }),
        ...(month === undefined ? {} : { month }),
      });
    },
    async find(number, linesMax) {
      const [found] = await summarize(db, { number, limit: 1 });
      if (found === undefined) return undefined;
      const ordered = db
        .select()
        .from(invoiceLine)
        .where(eq(invoiceLine.invoiceNumber, number))
        .orderBy(asc(invoiceLine.line));
      const lines = await (linesMax === undefined ? ordered : ordered.limit(linesMax));
      return { ...found, lines };
    },
    async issueCreditNote({ number, amountNano, creditedNano, reason, author }) {
      return db.transaction(async (tx) => {
        const [known] = await summarize(tx, { number, limit: 1 });
        if (known === undefined || known.kind !== "invoice") return { outcome: "no_invoice" };
        await lockPurse(tx, known.accountId);
        // Again, now that nobody else can pay or credit it.
        const [of = known] = await summarize(tx, { number, limit: 1 });
        if (creditedNano !== undefined && creditedNano !== of.creditedNano) {
          return { outcome: "credited_meanwhile", creditedNano: of.creditedNano };
        }
        const creditableNano = of.totalNano - of.creditedNano;
        const totalNano = amountNano ?? creditableNano;
        if (totalNano <= 0n || totalNano > creditableNano) return { outcome: "too_much", creditableNano };
        if (totalNano % centNano !== 0n) return { outcome: "not_cents" };
        const taxNano = taxWithin(totalNano, of.taxRateBasisPoints);
        const netNano = totalNano - taxNano;
        const fromOpenNano = totalNano < of.openNano ? totalNano : of.openNano;
        const issuedAt = await readClock(tx);
        const year = issuedAt.getUTCFullYear();
        const note = await takeInvoiceNumber(tx, year);
        const ledgerTransactionId = await postEntries(tx, {
          accountId: of.accountId,
          kind: "credit_note",
          author,
          reason,
          reference: note.number,
          entries: [
            ["receivable", fromOpenNano],
            ["credit", totalNano - fromOpenNano],
            ["revenue", -netNano],
            ["tax", -taxNano],
          ],
        });
        const [creditNote] = await tx
          .insert(invoice)
          .values({
            number: note.number,
            year,
            seq: note.seq,
            kind: "credit_note",
            accountId: of.accountId,
            month: of.month,
            refersTo: number,
            issuedAt,
            dueAt: issuedAt,
            author,
            reason,
            seller: of.seller,
            buyer: of.buyer,
            exactNano: -netNano,
            roundingNano: 0n,
            taxRateBasisPoints: of.taxRateBasisPoints,
            taxNano: -taxNano,
            totalNano: -totalNano,
            ledgerTransactionId,
          })
          .returning();
        if (creditNote === undefined) throw new Error("an INSERT ... RETURNING gave no row");
        await tx
          .insert(invoiceLine)
          .values({ invoiceNumber: note.number, line: 1, kind: "credit", description: reason, amountNano: -netNano });
        return { outcome: "issued", creditNote };
      });
    },
    async pay({ number, amountNano, reference, reason, author }) {
      return db.transaction(async (tx) => {
        const [known] = await summarize(tx, { number, limit: 1 });
        if (known === undefined || known.kind !== "invoice") return { outcome: "no_invoice" };
        await lockPurse(tx, known.accountId);
        const [before] = await tx
          .select({ id: ledgerTransaction.id })
          .from(ledgerTransaction)
          .where(and(eq(ledgerTransaction.kind, "payment"), eq(ledgerTransaction.reference, reference)));
        if (before !== undefined) return { outcome: "booked_before" };
        const owed = await readOwed(tx, number);
        const openNano = openPart(owed?.owedNano ?? 0n);
        if (openNano === 0n) return { outcome: "not_open" };
        const { accountId } = known;
        const { invoiceNano } = await bookIncoming(tx, {
          accountId,
          invoiceNumber: number,
          amountNano,
          kind: "payment",
          author,
          reason,
          reference,
        });
        return { outcome: "booked", openNano: openNano - invoiceNano, surplusNano: amountNano - invoiceNano };
      });
    },
  };
}
