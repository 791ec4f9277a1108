/** Invoices as people and programs read them on the command line. */
import type { Invoice, InvoiceLine } from "@tera/database";
import type { InvoiceDraft, InvoiceSummary } from "@tera/metering";
import { CliError } from "../../terminal/cli-error.ts";
import { formatPercent } from "../percent.ts";

export type Metering = typeof import("@tera/metering");

/** Months of usage are added up: that takes longer than a look-up. */
export const statementTimeoutMs = 600_000;

/** For `--json`: amounts are decimal strings of USD. */
export function toInvoiceJson(invoice: Invoice | InvoiceSummary, { formatUsd }: Metering) {
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

export function toLineJson(line: InvoiceLine | InvoiceDraft["lines"][number], { formatUsd }: Metering) {
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
