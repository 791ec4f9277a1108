/** An invoice or a credit note as PDF and as CSV. Both say what was stored when it was issued, and nothing of what happened since. */
import type { Invoice, InvoiceLine, InvoiceParty } from "@tera/database";
import { formatUsd } from "../money.ts";
import { renderCsv } from "./csv.ts";
import { type DocumentParty, type DocumentSum, renderDocumentPdf } from "./document-pdf.ts";
import { writeDay, writeMonth, writePercent, writeUsd } from "./document-words.ts";
import { lineColumns, toRows } from "./line-rows.ts";

export type PrintableInvoice = Invoice & { lines: readonly InvoiceLine[] };

/** @param paymentNote how to pay, of the seller as it is now: an account number may change while an invoice is open. */
export async function renderInvoicePdf(invoice: PrintableInvoice, paymentNote: string | null): Promise<Uint8Array> {
  const isNote = invoice.kind === "credit_note";
  const title = isNote ? "Credit note" : "Invoice";
  return renderDocumentPdf({
    title,
    number: invoice.number,
    parties: [toParty("From", invoice.seller), toParty(isNote ? "To" : "Bill to", invoice.buyer)],
    facts: [
      ["Issued", writeDay(invoice.issuedAt)],
      ...(isNote
        ? [["On invoice", invoice.refersTo ?? ""] as const]
        : ([
            ["Due", writeDay(invoice.dueAt)],
            ["Period", writeMonth(invoice.month)],
          ] as const)),
      ["Account", invoice.accountId],
    ],
    columns: lineColumns,
    rows: toRows(invoice.lines),
    sums: sumsOf(invoice),
    notes: [
      ...(isNote || paymentNote === null ? [] : [paymentNote]),
      ...(invoice.roundingNano === 0n
        ? []
        : [
            "Lines are exact. Their sum is rounded to the cent once; the difference is shown as rounding. Tax is taken of the rounded net.",
          ]),
    ],
    author: invoice.seller.name,
    createdAt: invoice.issuedAt,
  });
}

function sumsOf({ exactNano, roundingNano, taxRateBasisPoints, taxNano, totalNano }: Invoice): DocumentSum[] {
  const sums: DocumentSum[] = [{ label: "Sum of lines", amount: writeUsd(exactNano) }];
  if (roundingNano !== 0n) sums.push({ label: "Rounding", amount: writeUsd(roundingNano) });
  if (taxRateBasisPoints > 0) {
    sums.push({ label: "Net", amount: writeUsd(exactNano + roundingNano) });
    sums.push({ label: `Tax ${writePercent(taxRateBasisPoints)}`, amount: writeUsd(taxNano) });
  }
  return [...sums, { label: "Total (USD)", amount: writeUsd(totalNano), strong: true }];
}

export function toParty(label: string, { name, address, taxId, email }: InvoiceParty): DocumentParty {
  const lines = [name, ...(address?.split("\n") ?? [])];
  if (taxId !== null) lines.push(`Tax id ${taxId}`);
  if (email !== null) lines.push(email);
  return { label, lines };
}

const csvHeader = [
  "invoice",
  "month",
  "account",
  "kind",
  "model",
  "key_id",
  "key_name",
  "price_id",
  "lane",
  "measure",
  "quantity",
  "unit_usd",
  "amount_usd",
  "description",
];

/** Amounts are exact decimals of USD; the rows `rounding`, `tax` and `total` end it. */
export function renderInvoiceCsv(invoice: PrintableInvoice): string {
  const head = [invoice.number, invoice.month, invoice.accountId];
  const sum = (kind: string, nano: bigint) => [
    ...head,
    kind,
    ...Array.from({ length: 8 }, () => null),
    formatUsd(nano),
    null,
  ];
  return renderCsv(csvHeader, [
    ...invoice.lines.map((line) => [
      ...head,
      line.kind,
      line.model,
      line.keyId,
      line.keyName,
      line.priceId,
      line.lane,
      line.measure,
      line.quantity?.toString() ?? null,
      line.unitNano === null ? null : formatUsd(line.unitNano),
      formatUsd(line.amountNano),
      line.description,
    ]),
    sum("rounding", invoice.roundingNano),
    sum("tax", invoice.taxNano),
    sum("total", invoice.totalNano),
  ]);
}
