/** Numbers of invoices and credit notes: `2026-000123`, one series for each year (UTC), without gaps. */
import { type Db, invoiceSeries } from "@tera/database";
import { sql } from "drizzle-orm";

function formatInvoiceNumber(year: number, seq: number): string {
  return `${year}-${String(seq).padStart(6, "0")}`;
}

/** Takes the next number. The row stays locked until the transaction ends, and one that is rolled back gives its number back. */
export async function takeInvoiceNumber(
  tx: Pick<Db, "insert">,
  year: number,
): Promise<{ seq: number; number: string }> {
  const [row] = await tx
    .insert(invoiceSeries)
    .values({ year, lastSeq: 1 })
    .onConflictDoUpdate({ target: invoiceSeries.year, set: { lastSeq: sql`${invoiceSeries.lastSeq} + 1` } })
    .returning();
  if (row === undefined) throw new Error("an INSERT ... RETURNING gave no row");
  return { seq: row.lastSeq, number: formatInvoiceNumber(year, row.lastSeq) };
}
