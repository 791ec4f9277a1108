/** Invoices and their lines as the Admin API says them. */
import type { InvoiceLine } from "@tera/database";
import { formatUsd, formatUsdPerMillion, type InvoiceSummary, type Statement } from "@tera/metering";
import type { ChargeLine, Invoice } from "../../api/invoices.ts";

export function toInvoice(invoice: InvoiceSummary): Invoice {
  const { number, kind, accountId, month, refersTo, issuedAt, dueAt, reason, buyer, status } = invoice;
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
  };
}

/** A line that was stored, or one that was just worked out. */
export function toChargeLine(line: InvoiceLine | Statement["usage"][number]): ChargeLine {
  const { kind, amountNano, model, keyId, keyName, lane } = line;
  const measure = ("measure" in line ? line.measure : null) ?? null;
  const quantity = "quantity" in line ? line.quantity : null;
  const unitNano = ("unitNano" in line ? line.unitNano : null) ?? null;
  const format = measure === "request" ? formatUsd : formatUsdPerMillion;
  return {
    kind,
    model: model ?? null,
    keyId: keyId ?? null,
    keyName: keyName ?? null,
    lane: lane ?? null,
    measure,
    quantity: quantity?.toString() ?? null,
    price: unitNano === null ? null : format(unitNano),
    description: ("description" in line ? line.description : null) ?? null,
    amount: formatUsd(amountNano),
  };
}
