/** Reads an invoice or a statement, and writes it as PDF or CSV. Takes seconds of work where it is long: for a thread of its own. */
import { type Db, databaseReason, isDatabaseUnavailable } from "@tera/database";
import {
  ChargesDisagreeError,
  createInvoiceStore,
  createPartyStore,
  readStatement,
  renderInvoiceCsv,
  renderInvoicePdf,
  renderStatementCsv,
  renderStatementPdf,
} from "@tera/metering";
import type { DocumentAnswer, DocumentTask } from "./document-task.ts";

/** Never throws. Who may see it is the caller's to know. */
export async function makeDocument(db: Db, task: DocumentTask): Promise<DocumentAnswer> {
  try {
    const content = await write(db, task);
    if (content === undefined) return { outcome: "unknown" };
    return { outcome: "made", content: typeof content === "string" ? new TextEncoder().encode(content) : content };
  } catch (error) {
    if (error instanceof ChargesDisagreeError) return { outcome: "refused", reason: error.message };
    if (isDatabaseUnavailable(error)) return { outcome: "unavailable", reason: databaseReason(error) };
    return { outcome: "failed", error };
  }
}

async function write(db: Db, task: DocumentTask): Promise<Uint8Array | string | undefined> {
  if (task.kind === "statement") {
    const statement = await readStatement(db, task);
    if (statement === undefined) return undefined;
    return task.format === "pdf" ? renderStatementPdf(statement) : renderStatementCsv(statement);
  }
  const invoice = await createInvoiceStore({ db }).find(task.number);
  if (invoice === undefined) return undefined;
  if (task.format === "csv") return renderInvoiceCsv(invoice);
  const seller = await createPartyStore({ db }).seller();
  return renderInvoicePdf(invoice, seller?.paymentNote ?? null);
}
