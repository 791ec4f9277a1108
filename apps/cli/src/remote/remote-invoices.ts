/** Invoices, statements, and who sells and buys, through an Admin API. */
import {
  type Buyer,
  buyerSchema,
  maybeSellerSchema,
  paymentPageSchema,
  type Seller,
  sellerSchema,
} from "@tera/admin-api/billing";
import {
  type ChargeLine,
  type Invoice,
  invoiceDetailsSchema,
  invoicePageSchema,
  invoicePaidSchema,
  invoiceRunSchema,
  invoiceSchema,
  statementSchema,
} from "@tera/admin-api/invoices";
import { type BuyerChange, formatUsd, lastMonth, parseUsdPerMillion } from "@tera/metering";
import type { LineJson } from "../commands/invoices/invoice-text.ts";
import { formatPercent, readPercent } from "../commands/percent.ts";
import { refuseReturnUrl } from "../commands/stripe.ts";
import type { CommandBuyer, CommandInvoice, CommandInvoices, IssuedInvoice } from "../stack/command-invoices.ts";
import { type AdminClient, RemoteError } from "./admin-client.ts";
import { toNano } from "./money.ts";
import { awaitTask } from "./remote-task.ts";

/** A month of usage is added up, and some documents are long. */
const documentTimeoutMs = 600_000;

export function createRemoteInvoices(client: AdminClient): CommandInvoices {
  const pathOf = (number: string) => `/invoices/${encodeURIComponent(number)}`;
  const accountPathOf = (accountId: string) => `/accounts/${encodeURIComponent(accountId)}`;
  const statementPathOf = (accountId: string, month: string) =>
    `${accountPathOf(accountId)}/statements/${encodeURIComponent(month)}`;

  async function seller(): Promise<{ said: Seller; updatedAt: Date } | undefined> {
    const { seller: said, updatedAt } = await client.get(maybeSellerSchema, "/seller");
    return said === null || updatedAt === null ? undefined : { said, updatedAt: new Date(updatedAt) };
  }

  async function buyer(accountId: string): Promise<CommandBuyer> {
    return toBuyer(await client.get(buyerSchema, `${accountPathOf(accountId)}/buyer`));
  }

  return {
    async list({ accountId, month, limit }) {
      const query = { accountId, month, sort: "-issuedAt" };
      const found = await client.list<typeof invoiceSchema>(invoicePageSchema, "/invoices", query, limit);
      return found.map(toInvoice);
    },
    async find(number) {
      const found = await client.find(invoiceDetailsSchema, pathOf(number));
      if (found === undefined) return undefined;
      return { ...toInvoice(found), lines: found.lines.map(toLine), hasMoreLines: found.hasMoreLines };
    },
    renderInvoice: (number, kind) => orNothing(client.download(`${pathOf(number)}/${kind}`, documentTimeoutMs)),
    async readStatement(accountId, month) {
      const path = statementPathOf(accountId, month);
      const found = await orNothing(client.get(statementSchema, path, {}, documentTimeoutMs));
      if (found === undefined) return undefined;
      const { opening, movements, usage, usageLines, closing } = found;
      return {
        accountId,
        month,
        opening,
        movements: movements.map(({ kind, at, reason, amount }) => ({ kind, at, reason, amount })),
        usage: usage.map(toLine),
        closing,
        hasMoreLines: usageLines > usage.length,
      };
    },
    renderStatement: (accountId, month, kind) =>
      orNothing(client.download(`${statementPathOf(accountId, month)}/${kind}`, documentTimeoutMs)),
    async run({ month = lastMonth(new Date()), accountId, dryRun }) {
      const body = { month, accountId, dryRun };
      const { result: done } = await awaitTask(client, invoiceRunSchema, "/invoice-runs", body);
      const issued: IssuedInvoice[] = [];
      for (const { number } of done.invoices) {
        if (number !== null) issued.push(toIssued(await client.get(invoiceDetailsSchema, pathOf(number))));
      }
      const drafts = done.invoices
        .filter(({ number }) => number === null)
        .map(({ exact, rounding, tax, total, lines, ...draft }) => ({
          accountId: draft.accountId,
          month: draft.month,
          exactNano: toNano(exact),
          roundingNano: toNano(rounding),
          taxNano: toNano(tax),
          totalNano: toNano(total),
          lines: lines.map(toLine),
          lineCount: draft.lineCount,
        }));
      return { month: done.month, accounts: done.accounts, count: done.count, issued, drafts, failed: done.failed };
    },
    // Why one cannot be issued is in the words of the refusal.
    async issueCreditNote({ number, amountNano, reason }) {
      const found = await client.find(invoiceDetailsSchema, pathOf(number));
      if (found === undefined || found.kind !== "invoice") return { outcome: "no_invoice" };
      const amount = amountNano === undefined ? undefined : formatUsd(amountNano);
      const body = { amount, reason, credited: found.credited };
      const note = await client.send("POST", invoiceSchema, `${pathOf(number)}/credit-notes`, body);
      return { outcome: "issued", creditNote: toIssued(note) };
    },
    async pay({ number, amountNano, reference }) {
      const body = { amount: formatUsd(amountNano), reference };
      const answer = await orNothing(client.send("POST", invoicePaidSchema, `${pathOf(number)}/payments`, body));
      if (answer === undefined) return { outcome: "no_invoice" };
      const { booked, surplus, invoice } = answer;
      if (!booked) return { outcome: "booked_before" };
      return { outcome: "booked", openNano: toNano(invoice.open), surplusNano: toNano(surplus) };
    },
    async payLink(number, returnUrl) {
      refuseReturnUrl(returnUrl);
      const found = await client.find(invoiceDetailsSchema, pathOf(number));
      if (found === undefined || found.kind !== "invoice") return undefined;
      const { id, url, amount } = await client.send("POST", paymentPageSchema, `${pathOf(number)}/pay-link`);
      return { id, url, accountId: found.accountId, amountNano: toNano(amount) };
    },
    async seller() {
      const found = await seller();
      return found && toSeller(found.said, found.updatedAt);
    },
    async setSeller({ taxRateBasisPoints, ...change }) {
      const before = (await seller())?.said;
      if (before === undefined && change.name === undefined) return undefined;
      const taxRate = taxRateBasisPoints === undefined ? {} : { taxRatePercent: formatPercent(taxRateBasisPoints) };
      const body = { ...unsaid, ...before, ...change, ...taxRate };
      await client.send("PUT", sellerSchema, "/seller", body);
      const after = await seller();
      return after && toSeller(after.said, after.updatedAt);
    },
    buyer,
    async setBuyer(accountId, change) {
      const path = `${accountPathOf(accountId)}/buyer`;
      const after = { ...(await buyer(accountId)), ...change };
      return toBuyer(await client.send("PUT", buyerSchema, path, toRemoteBuyer(after)));
    },
  };
}

/** What a seller begins with, as in the database. */
const unsaid = { address: null, taxId: null, email: null, paymentNote: null, taxRatePercent: "0", dueDays: 30 };

/** Undefined: there is no such thing. */
async function orNothing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RemoteError && error.code === "not_found") return undefined;
    throw error;
  }
}

function toIssued(invoice: Invoice): IssuedInvoice {
  const { paidNano: _paid, creditedNano: _credited, openNano: _open, status: _status, ...issued } = toInvoice(invoice);
  return issued;
}

function toInvoice(invoice: Invoice): CommandInvoice {
  const { number, kind, accountId, month, refersTo, reason, seller, billTo, status } = invoice;
  return {
    number,
    kind,
    accountId,
    month,
    refersTo,
    issuedAt: new Date(invoice.issuedAt),
    dueAt: new Date(invoice.dueAt),
    // To customers it is not told.
    author: invoice.author ?? "",
    reason,
    seller,
    buyer: billTo,
    exactNano: toNano(invoice.exact),
    roundingNano: toNano(invoice.rounding),
    taxRateBasisPoints: readPercent("tax rate", invoice.taxRatePercent),
    taxNano: toNano(invoice.tax),
    totalNano: toNano(invoice.total),
    paidNano: toNano(invoice.paid),
    creditedNano: toNano(invoice.credited),
    openNano: toNano(invoice.open),
    status,
  };
}

function toLine({ price, ...line }: ChargeLine): LineJson {
  const { kind, model, keyId, keyName, priceId, lane, measure, quantity, description, amount } = line;
  return {
    kind,
    model,
    keyId,
    keyName,
    priceId,
    lane,
    measure,
    quantity,
    unit: price === null ? null : toUnit(price, measure),
    description,
    amount,
  };
}

/** Prices are for a million, but that of a request. */
function toUnit(price: string, measure: ChargeLine["measure"]): string {
  if (measure === "request") return price;
  const nano = parseUsdPerMillion(price);
  if (nano === undefined) throw new Error(`${price} is no price of a million`);
  return formatUsd(nano);
}

function toSeller({ taxRatePercent, ...seller }: Seller, updatedAt: Date) {
  return { ...seller, taxRateBasisPoints: readPercent("tax rate", taxRatePercent), updatedAt };
}

function toBuyer({ taxRatePercent, lowBalance, ...buyer }: Buyer): CommandBuyer {
  return {
    ...buyer,
    taxRateBasisPoints: taxRatePercent === null ? null : readPercent("tax rate", taxRatePercent),
    lowBalanceNano: lowBalance === null ? null : toNano(lowBalance),
  };
}

function toRemoteBuyer({ taxRateBasisPoints, lowBalanceNano, ...buyer }: CommandBuyer & BuyerChange): Buyer {
  return {
    ...buyer,
    taxRatePercent: taxRateBasisPoints === null ? null : formatPercent(taxRateBasisPoints),
    lowBalance: lowBalanceNano === null ? null : formatUsd(lowBalanceNano),
  };
}
