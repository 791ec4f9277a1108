/** Charge lines as the rows of a document: one group for each model and key, one row for each measure. */
import type { InvoiceLineKind, UsageMeasure } from "@tera/database";
import type { DocumentRow } from "./document-pdf.ts";
import { measureNames, writeQuantity, writeUnitPrice, writeUsd } from "./document-words.ts";

/** A line, read back or just worked out. */
export interface ShownLine {
  kind: InvoiceLineKind;
  model?: string | null;
  keyId?: string | null;
  keyName?: string | null;
  priceId?: string | null;
  lane?: "interactive" | "batch" | null;
  measure?: UsageMeasure | null;
  quantity?: bigint | null;
  unitNano?: bigint | null;
  description?: string | null;
  amountNano: bigint;
}

export const lineColumns = [
  { header: "Description", width: 0 },
  { header: "Quantity", width: 90 },
  { header: "Unit price", width: 90 },
  { header: "Amount", width: 110 },
];

export function toRows(lines: readonly ShownLine[]): DocumentRow[] {
  const rows: DocumentRow[] = [];
  let group: string | undefined;
  for (const line of lines) {
    const { model, keyId, keyName, lane, measure, quantity, unitNano, description, amountNano } = line;
    const next = model == null ? "" : `${model}\n${keyId}\n${lane}`;
    if (next !== group && (model != null || rows.length > 0)) {
      rows.push(
        model == null
          ? { heading: "Other" }
          : { heading: `${model}${lane === "batch" ? " (batch)" : ""}`, note: `Key ${keyName ?? keyId ?? "unknown"}` },
      );
    }
    group = next;
    const isMeasured = measure != null && quantity != null && unitNano != null;
    rows.push({
      cells: isMeasured
        ? [measureNames[measure], writeQuantity(quantity), writeUnitPrice(measure, unitNano), writeUsd(amountNano)]
        : [description ?? line.kind, "", "", writeUsd(amountNano)],
    });
  }
  return rows;
}
