/** Invoices, statements, and who sells and buys, as commands use them: of Postgres (`stored-invoices.ts`), or through an Admin API (`remote/remote-invoices.ts`). */
import type { Buyer, Seller } from "@tera/database";
import type {
  BuyerChange,
  CreditNoteResult,
  InvoiceDraft,
  InvoiceRunReport,
  InvoiceStore,
  InvoiceSummary,
  PaymentPage,
  PaymentResult,
  SellerChange,
} from "@tera/metering";
import type { LineJson, StatementJson } from "../commands/invoices/invoice-text.ts";

export type CommandInvoice = Omit<InvoiceSummary, "year" | "seq" | "fromSeq" | "throughSeq" | "ledgerTransactionId">;
/** As it was issued: what became of it is not said. */
export type IssuedInvoice = Omit<CommandInvoice, "paidNano" | "creditedNano" | "openNano" | "status">;

export interface CommandDraft
  extends Pick<InvoiceDraft, "accountId" | "month" | "exactNano" | "roundingNano" | "taxNano" | "totalNano"> {
  lines: LineJson[];
  /** There may be more than `lines` has. */
  lineCount: number;
}

export interface CommandRunReport extends Omit<InvoiceRunReport, "issued" | "drafts"> {
  issued: IssuedInvoice[];
  drafts: CommandDraft[];
  /** Of both; there may be more than the lists have. */
  count: number;
}

export type DocumentKind = "pdf" | "csv";

export interface CommandInvoices {
  /** The newest first. */
  list(query: Parameters<InvoiceStore["list"]>[0]): Promise<CommandInvoice[]>;
  find(number: string): Promise<(CommandInvoice & { lines: LineJson[]; hasMoreLines: boolean }) | undefined>;
  /** Undefined: there is no such invoice. */
  renderInvoice(number: string, kind: DocumentKind): Promise<Uint8Array | string | undefined>;
  /** Undefined: there is no such account. @throws {CliError} */
  readStatement(accountId: string, month: string): Promise<(StatementJson & { hasMoreLines: boolean }) | undefined>;
  /** As `readStatement`. */
  renderStatement(accountId: string, month: string, kind: DocumentKind): Promise<Uint8Array | string | undefined>;
  /** @param wanted.month the last that is over when absent. @throws {CliError} */
  run(wanted: {
    month: string | undefined;
    accountId: string | undefined;
    dryRun: boolean;
    author: string;
  }): Promise<CommandRunReport>;
  issueCreditNote(
    wanted: Parameters<InvoiceStore["issueCreditNote"]>[0],
  ): Promise<Exclude<CreditNoteResult, { outcome: "issued" }> | { outcome: "issued"; creditNote: IssuedInvoice }>;
  pay(wanted: Parameters<InvoiceStore["pay"]>[0]): Promise<PaymentResult>;
  /** Undefined: there is no such invoice. @param returnUrl where the customer goes afterwards. @throws {CliError} */
  payLink(
    number: string,
    returnUrl: string | undefined,
  ): Promise<(PaymentPage & { accountId: string; amountNano: bigint }) | undefined>;
  /** Undefined: nobody has said so yet. */
  seller(): Promise<Omit<Seller, "id"> | undefined>;
  setSeller(change: SellerChange): Promise<Omit<Seller, "id"> | undefined>;
  buyer(accountId: string): Promise<CommandBuyer | undefined>;
  setBuyer(accountId: string, change: BuyerChange): Promise<CommandBuyer>;
}

export type CommandBuyer = Omit<Buyer, "accountId" | "updatedAt">;
