/** Invoices in Postgres, as commands use them: each change with its entry in the audit log. */
import { type AuditActor, changeAudited, recordAudit } from "@tera/access";
import type { Buyer, Db, Seller } from "@tera/database";
import * as metering from "@tera/metering";
import { toBuyerJson, toLineJson, toSellerJson, toStatementJson } from "../commands/invoices/invoice-text.ts";
import { askStripe, type StripeSettings } from "../commands/stripe.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { CommandInvoices } from "./command-invoices.ts";

const { formatUsd } = metering;
const centNano = 10_000_000n;

export interface StoredInvoicesOptions {
  db: Db;
  actor: AuditActor;
  /** @throws {CliError} */
  readStripe(): StripeSettings;
}

export function createStoredInvoices({ db, actor, readStripe }: StoredInvoicesOptions): CommandInvoices {
  const invoices = metering.createInvoiceStore({ db });
  const parties = metering.createPartyStore({ db });

  async function readStatement(accountId: string, month: string): Promise<metering.Statement | undefined> {
    return metering.readStatement(db, { accountId, month }).catch((error: unknown) => {
      if (!(error instanceof metering.ChargesDisagreeError)) throw error;
      const advice = error instanceof metering.UsageDroppedError ? "" : " `tera doctor --ledger` tells more.";
      throw new CliError(`There is no statement of ${month}. ${error.message}${advice}`, { cause: error });
    });
  }

  return {
    list: invoices.list,
    async find(number) {
      const found = await invoices.find(number);
      const lines = found?.lines.map((line) => toLineJson(line, metering)) ?? [];
      return found && { ...found, lines, hasMoreLines: false };
    },
    async renderInvoice(number, kind) {
      const found = await invoices.find(number);
      if (found === undefined) return undefined;
      if (kind === "csv") return metering.renderInvoiceCsv(found);
      return metering.renderInvoicePdf(found, (await parties.seller())?.paymentNote ?? null);
    },
    async readStatement(accountId, month) {
      const found = await readStatement(accountId, month);
      return found && { ...toStatementJson(found, metering), hasMoreLines: false };
    },
    async renderStatement(accountId, month, kind) {
      const found = await readStatement(accountId, month);
      if (found === undefined) return undefined;
      return kind === "csv" ? metering.renderStatementCsv(found) : metering.renderStatementPdf(found);
    },
    async run(wanted) {
      try {
        const report = await metering.runInvoices(db, {
          ...wanted,
          async onIssued(tx, issued) {
            const { number, accountId, month, buyer, totalNano } = issued;
            const after = { month, buyer: buyer.name, total: formatUsd(totalNano) };
            await recordAudit(tx, actor, { action: "invoice.issue", ...describe(number, accountId), after });
          },
        });
        const drafts = report.drafts.map(({ lines, ...draft }) => ({
          ...draft,
          lines: lines.map((line) => toLineJson(line, metering)),
          lineCount: lines.length,
        }));
        return { ...report, drafts, count: report.issued.length + drafts.length };
      } catch (error) {
        if (error instanceof metering.InvoiceRunRefusedError) throw new CliError(error.message, { cause: error });
        throw error;
      }
    },
    async issueCreditNote(wanted) {
      return changeAudited<metering.CreditNoteResult>(db, actor, async (tx) => {
        const result = await metering.createInvoiceStore({ db: tx }).issueCreditNote(wanted);
        if (result.outcome !== "issued") return { answer: result, entry: undefined };
        const { number: creditNote, accountId, totalNano } = result.creditNote;
        const after = { creditNote, total: formatUsd(totalNano), reason: wanted.reason };
        const entry = { action: "invoice.credit", ...describe(wanted.number, accountId), after };
        return { answer: result, entry };
      });
    },
    async pay(wanted) {
      const { number, amountNano, reference } = wanted;
      return changeAudited<metering.PaymentResult>(db, actor, async (tx) => {
        const store = metering.createInvoiceStore({ db: tx });
        const accountId = (await store.find(number, 1))?.accountId;
        const result = await store.pay(wanted);
        if (result.outcome !== "booked") return { answer: result, entry: undefined };
        const after = { amount: formatUsd(amountNano), reference, surplus: formatUsd(result.surplusNano) };
        return { answer: result, entry: { action: "invoice.pay", ...describe(number, accountId), after } };
      });
    },
    async payLink(number, returnUrl) {
      const stripe = readStripe();
      const found = await invoices.find(number, 1);
      if (found === undefined || found.kind !== "invoice") return undefined;
      const { accountId, openNano } = found;
      if (openNano === 0n) throw new CliError(`Invoice ${number} is not open: there is nothing to pay.`);
      // What was paid of it may be less than cents; what is paid beyond it is credit.
      const amountNano = ((openNano + centNano - 1n) / centNano) * centNano;
      const page = await askStripe(stripe, (provider) =>
        provider.createInvoiceLink({ accountId, invoiceNumber: number, amountNano, returnUrl }),
      );
      const after = { amount: formatUsd(amountNano), page: page.id };
      await recordAudit(db, actor, { action: "invoice.pay_link", ...describe(number, accountId), after });
      return { ...page, accountId, amountNano };
    },
    async seller() {
      const found = await parties.seller();
      return found && withoutId(found);
    },
    async setSeller(change) {
      return changeAudited(db, actor, async (tx) => {
        const store = metering.createPartyStore({ db: tx });
        const before = await store.seller();
        const set = await store.setSeller(change);
        if (set === undefined) return { answer: undefined, entry: undefined };
        const entry = {
          action: "invoice.seller",
          objectKind: "seller",
          objectId: "seller",
          objectName: set.name,
          before: before && toSellerJson(before),
          after: toSellerJson(set),
        };
        return { answer: withoutId(set), entry };
      });
    },
    async buyer(accountId) {
      return (await parties.buyer(accountId))?.buyer;
    },
    async setBuyer(accountId, change) {
      return changeAudited(db, actor, async (tx) => {
        const store = metering.createPartyStore({ db: tx });
        const before = await store.buyer(accountId);
        const set: Buyer = await store.setBuyer(accountId, change);
        const entry = {
          action: "invoice.buyer",
          objectKind: "account",
          objectId: accountId,
          objectName: before?.account.name,
          accountId,
          before: toBuyerJson(before?.buyer, metering),
          after: toBuyerJson(set, metering),
        };
        return { answer: set, entry };
      });
    },
  };
}

function describe(number: string, accountId: string | undefined) {
  return { objectKind: "invoice", objectId: number, accountId };
}

function withoutId({ id: _one, ...seller }: Seller): Omit<Seller, "id"> {
  return seller;
}
