/** Invoices and their lines as the Admin API says them. */

import type { ChargeLine, Invoice } from "@tera/admin-api/invoices";
import type { InvoiceLine } from "@tera/database";
import { formatUsd, formatUsdPerMillion, type InvoiceDraft, type InvoiceSummary, type Statement } from "@tera/metering";
import type { Actor } from "../access/actor.ts";
import { toPercent } from "./amounts.ts";

/** Of a customer's own, who issued it is not told. */
export function toInvoice(invoice: InvoiceSummary, { accounts }: Pick<Actor, "accounts">): Invoice {
  const { number, kind, accountId, month, refersTo, issuedAt, dueAt, reason, seller, buyer, status } = invoice;
  return {
    number,
    kind,
    accountId,
    month,
    refersTo,
    issuedAt: issuedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    reason,
    buyer: buyer.name,
    total: formatUsd(invoice.totalNano),
    paid: formatUsd(invoice.paidNano),
    credited: formatUsd(invoice.creditedNano),
    open: formatUsd(invoice.openNano),
    status,
    seller,
    billTo: buyer,
    author: accounts === null ? invoice.author : null,
    exact: formatUsd(invoice.exactNano),
    rounding: formatUsd(invoice.roundingNano),
    taxRatePercent: toPercent(invoice.taxRateBasisPoints),
    tax: formatUsd(invoice.taxNano),
  };
}

/** A line that was stored, or one that was just worked out. */
export function toChargeLine(
  line: InvoiceLine | InvoiceDraft["lines"][number] | Statement["usage"][number],
): ChargeLine {
  const { kind, amountNano, model, keyId, keyName, priceId, lane } = line;
  const measure = ("measure" in line ? line.measure : null) ?? null;
  const quantity = "quantity" in line ? line.quantity : null;
  const unitNano = ("unitNano" in line ? line.unitNano : null) ?? null;
  const format = measure === "request" ? formatUsd : formatUsdPerMillion;
  return {
    kind,
    model: model ?? null,
    keyId: keyId ?? null,
    keyName: keyName ?? null,
    priceId: priceId ?? null,
    lane: lane ?? null,
    measure,
    quantity: quantity?.toString() ?? null,
    price: unitNano === null ? null : format(unitNano),
    description: ("description" in line ? line.description : null) ?? null,
    amount: formatUsd(amountNano),
  };
}
