/**
 * The invoice run: issues every invoice that is due, up to a month. What is due is found in the ledger, so a run that was missed, cut short or repeated leaves nothing out
 * and nothing twice.
 */
import { account, accountKindChange, type Db, type Invoice, invoice } from "@tera/database";
import { and, asc, eq, gt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { ChargesDisagreeError } from "./charge-lines.ts";
import { type InvoiceDraft, type IssueOptions, issueInvoice } from "./issue-invoice.ts";
import { lastMonth, monthAfter, monthEnd, monthOf, readClock } from "./month.ts";
import { readStretches, whileKind } from "./stretches.ts";

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
    const page = await readInvoiced(db, after, options.accountId);
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

/** The last booking that an invoice of the account covers; 0: none. */
const coveredOf = (accountId: unknown) =>
  sql`(select coalesce(max(${invoice.throughSeq}), 0) from ${invoice} where ${invoice.accountId} = ${accountId} and ${invoice.kind} = 'invoice')`;

/** Accounts that are postpaid, or were when what is not invoiced yet was booked. */
async function readInvoiced(db: Db, after: string, accountId: string | undefined): Promise<{ id: string }[]> {
  return db
    .select({ id: account.id })
    .from(account)
    .where(
      and(
        or(
          eq(account.kind, "postpaid"),
          sql`exists (select from ${accountKindChange} where ${accountKindChange.accountId} = ${account.id}
            and ${accountKindChange.kind} = 'postpaid' and ${accountKindChange.throughSeq} > ${coveredOf(account.id)})`,
        ),
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

const dueSchema = z.object({ created_at: z.coerce.date() });

/** The month of the first booking that is to be asked for and that no invoice covers. */
async function findFirstDue(db: Db, accountId: string): Promise<string | undefined> {
  const stretches = await readStretches(db, accountId);
  const { rows } = await db.execute(sql`
    select t.created_at from ledger_transaction t
    where t.account_id = ${accountId} and t.seq > ${coveredOf(accountId)} and ${whileKind(stretches, "postpaid")} and t.kind in ('usage', 'correction', 'adjustment')
    order by t.seq limit 1`);
  return rows[0] === undefined ? undefined : monthOf(dueSchema.parse(rows[0]).created_at);
}
