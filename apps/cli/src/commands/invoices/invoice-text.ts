/** Invoices as people and programs read them on the command line. */
import type { InvoiceLine, Seller } from "@tera/database";
import type { InvoiceDraft, Statement } from "@tera/metering";
import type { CommandBuyer, CommandInvoice, IssuedInvoice } from "../../stack/command-invoices.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { formatPercent } from "../percent.ts";

export type Metering = typeof import("@tera/metering");

/** Months of usage are added up: that takes longer than a look-up. */
export const statementTimeoutMs = 600_000;

/** For `--json`: amounts are decimal strings of USD. */
export function toInvoiceJson(invoice: IssuedInvoice | CommandInvoice, { formatUsd }: Metering) {
  return {
    number: invoice.number,
    kind: invoice.kind,
    accountId: invoice.accountId,
    month: invoice.month,
    refersTo: invoice.refersTo,
    issuedAt: invoice.issuedAt.toISOString(),
    dueAt: invoice.dueAt.toISOString(),
    author: invoice.author,
    reason: invoice.reason,
    seller: invoice.seller,
    buyer: invoice.buyer,
    exact: formatUsd(invoice.exactNano),
    rounding: formatUsd(invoice.roundingNano),
    taxRatePercent: formatPercent(invoice.taxRateBasisPoints),
    tax: formatUsd(invoice.taxNano),
    total: formatUsd(invoice.totalNano),
    ...("openNano" in invoice
      ? {
          status: invoice.status,
          paid: formatUsd(invoice.paidNano),
          credited: formatUsd(invoice.creditedNano),
          open: formatUsd(invoice.openNano),
        }
      : {}),
  };
}

/** A line of an invoice or a statement. Amounts are decimal strings of USD; the unit's is what one costs. */
export interface LineJson {
  kind: string;
  model: string | null;
  keyId: string | null;
  keyName: string | null;
  priceId: string | null;
  lane: string | null;
  measure: string | null;
  quantity: string | null;
  unit: string | null;
  description: string | null;
  amount: string;
}

export function toLineJson(line: InvoiceLine | InvoiceDraft["lines"][number], { formatUsd }: Metering): LineJson {
  const { kind, amountNano, model, keyId, keyName, priceId, lane } = line;
  const quantity = "quantity" in line ? line.quantity : null;
  const unitNano = "unitNano" in line ? line.unitNano : null;
  return {
    kind,
    model: model ?? null,
    keyId: keyId ?? null,
    keyName: keyName ?? null,
    priceId: priceId ?? null,
    lane: lane ?? null,
    measure: "measure" in line ? line.measure : null,
    quantity: quantity?.toString() ?? null,
    unit: unitNano === null ? null : formatUsd(unitNano),
    description: "description" in line ? line.description : null,
    amount: formatUsd(amountNano),
  };
}

export interface StatementJson {
  accountId: string;
  month: string;
  opening: string;
  movements: { kind: string; at: string; reason: string; amount: string }[];
  usage: LineJson[];
  closing: string;
}

export function toStatementJson(statement: Statement, metering: Metering): StatementJson {
  const { formatUsd } = metering;
  return {
    accountId: statement.accountId,
    month: statement.month,
    opening: formatUsd(statement.openingNano),
    movements: statement.movements.map(({ kind, at, reason, amountNano }) => ({
      kind,
      at: at.toISOString(),
      reason,
      amount: formatUsd(amountNano),
    })),
    usage: statement.usage.map((line) => toLineJson(line, metering)),
    closing: formatUsd(statement.closingNano),
  };
}

/** As the Admin API and the audit log have it. */
export function toSellerJson(seller: Omit<Seller, "id" | "updatedAt">) {
  const { name, address, taxId, email, paymentNote, taxRateBasisPoints, dueDays } = seller;
  return { name, address, taxId, email, paymentNote, taxRatePercent: formatPercent(taxRateBasisPoints), dueDays };
}

/** As the Admin API and the audit log have it. */
export function toBuyerJson(buyer: CommandBuyer | undefined, { formatUsd }: Metering) {
  const { name = null, address = null, taxId = null, email = null } = buyer ?? {};
  const { taxRateBasisPoints: rate = null, lowBalanceNano: low = null } = buyer ?? {};
  return {
    name,
    address,
    taxId,
    email,
    taxRatePercent: rate === null ? null : formatPercent(rate),
    lowBalance: low === null ? null : formatUsd(low),
  };
}

/** @throws {CliError} */
export function readMonth(text: string | undefined, { isMonth }: Metering): string | undefined {
  if (text === undefined || isMonth(text)) return text;
  throw new CliError(`--month must be a month such as 2026-11, and "${text}" is not.`);
}

/** @param what the flag or argument. @throws {CliError} */
export function readUsd(what: string, text: string, { parseUsd }: Metering): bigint {
  const nano = parseUsd(text);
  if (nano !== undefined && nano > 0n) return nano;
  throw new CliError(`${what} must be an amount of USD above 0, such as 12.50, and "${text}" is not.`);
}

export function noInvoice(number: string): CliError {
  return new CliError(`There is no invoice ${number}. \`tera invoices list\` shows them all.`);
}
