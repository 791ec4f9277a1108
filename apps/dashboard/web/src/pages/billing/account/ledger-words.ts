/** The ledger's kinds of booking, and its books, in words. */
import type { LedgerKind } from "@tera/admin-api/billing";

export const kindNames: Readonly<Record<LedgerKind, string>> = {
  usage: "Usage",
  top_up: "Payment",
  refund: "Refund",
  dispute: "Dispute",
  adjustment: "Adjustment",
  correction: "Price correction",
  invoice: "Invoice",
  credit_note: "Credit note",
  payment: "Invoice paid",
  debt_payment: "Debt paid",
};

export const kindColors: Readonly<Record<LedgerKind, string>> = {
  usage: "gray",
  top_up: "tera",
  refund: "orange",
  dispute: "red",
  adjustment: "violet",
  correction: "violet",
  invoice: "blue",
  credit_note: "cyan",
  payment: "tera",
  debt_payment: "orange",
};

/** `write_off` -> `write-off` */
export function bookName(book: string): string {
  return book.replaceAll("_", "-");
}

/** What the dashboard booked without a reference of a person's carries one that only tells repetitions. */
export function shownReference(reference: string | null): string | null {
  return reference?.startsWith("request:") === true ? null : reference;
}
