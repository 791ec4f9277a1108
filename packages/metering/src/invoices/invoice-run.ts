/**
 * The invoice run: issues every invoice that is due, up to a month. What is due is found in the ledger, so a run that was missed, cut short or repeated leaves nothing out
 * and nothing twice.
 */
import { account, type Db, type Invoice, invoice, ledgerTransaction } from "@tera/database";
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import { ChargesDisagreeError } from "./charge-lines.ts";
import { type InvoiceDraft, type IssueOptions, issueInvoice } from "./issue-invoice.ts";
import { lastMonth, monthAfter, monthEnd, monthOf, readClock } from "./month.ts";

const accountsPerPage = 500;

export interface InvoiceRunOptions {
  /** Up to and with this one; the last that is over when absent. */
  month?: string | undefined;
  accountId?: string | undefined;
  author: string;
  /** Nothing is issued; of each account only the first month that is due is worked out, because the next begins where it ends. */
  dryRun?: boolean | undefined;
  /** Is given each draft of a dry run, which the report has not then: its lines may be many. */
  onDraft?: ((draft: InvoiceDraft) => void) | undefined;
  /** Within the transaction that issues it. */
  onIssued?: IssueOptions["onIssued"];
  signal?: AbortSignal | undefined;
}

export interface InvoiceRunReport {
  month: string;
  accounts: number;
  issued: Invoice[];
  drafts: InvoiceDraft[];
  /** Accounts that could not be invoiced, and why; the others were. */
  failed: { accountId: string; month: string; reason: string }[];
}

/** The month is not over yet, or nobody has said who sells: nothing can be issued. */
export class InvoiceRunRefusedError extends Error {
  override readonly name = "InvoiceRunRefusedError";
}

/** @throws {InvoiceRunRefusedError} */
export async function runInvoices(db: Db, options: InvoiceRunOptions): Promise<InvoiceRunReport> {
  const now = await readClock(db);
  const month = options.month ?? lastMonth(now);
  if (monthEnd(month) > now) throw new InvoiceRunRefusedError(`${month} is not over yet.`);
  const report: InvoiceRunReport = { month, accounts: 0, issued: [], drafts: [], failed: [] };
  let after = "";
  for (;;) {
    const page = await readPostpaid(db, after, options.accountId);
    for (const { id } of page) {
      if (options.signal?.aborted === true) return report;
      report.accounts++;
      await runAccount(db, id, month, options, report);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < accountsPerPage) return report;
    after = last.id;
  }
}

async function readPostpaid(db: Db, after: string, accountId: string | undefined): Promise<{ id: string }[]> {
  return db
    .select({ id: account.id })
    .from(account)
    .where(
      and(
        eq(account.kind, "postpaid"),
        gt(account.id, after),
        accountId === undefined ? undefined : eq(account.id, accountId),
      ),
    )
    .orderBy(asc(account.id))
    .limit(accountsPerPage);
}

async function runAccount(
  db: Db,
  accountId: string,
  through: string,
  options: InvoiceRunOptions,
  report: InvoiceRunReport,
): Promise<void> {
  const { author, dryRun, onDraft, onIssued } = options;
  const first = await findFirstDue(db, accountId);
  if (first === undefined) return;
  for (let month = first; month <= through; month = monthAfter(month)) {
    try {
      const result = await issueInvoice(db, { accountId, month, author, dryRun, onIssued });
      if (result.outcome === "no_seller") {
        throw new InvoiceRunRefusedError(
          "Nobody has said who sells: set it with `tera invoices seller --name <name>`.",
        );
      }
      if (result.outcome === "issued") report.issued.push(result.invoice);
      if (result.outcome === "draft") {
        if (onDraft === undefined) report.drafts.push(result.draft);
        else onDraft(result.draft);
        return;
      }
    } catch (error) {
      if (!(error instanceof ChargesDisagreeError)) throw error;
      // Its next month begins where this one ends: it waits for somebody, the others do not.
      report.failed.push({ accountId, month, reason: error.message });
      return;
    }
  }
}

/** The month of the first booking that no invoice covers. */
async function findFirstDue(db: Db, accountId: string): Promise<string | undefined> {
  const covered = sql`(select coalesce(max(${invoice.throughSeq}), 0) from ${invoice} where ${invoice.accountId} = ${accountId} and ${invoice.kind} = 'invoice')`;
  const [found] = await db
    .select({ createdAt: ledgerTransaction.createdAt })
    .from(ledgerTransaction)
    .where(
      and(
        eq(ledgerTransaction.accountId, accountId),
        gt(ledgerTransaction.seq, covered),
        inArray(ledgerTransaction.kind, ["usage", "correction", "adjustment"]),
      ),
    )
    .orderBy(asc(ledgerTransaction.seq))
    .limit(1);
  return found === undefined ? undefined : monthOf(found.createdAt);
}
