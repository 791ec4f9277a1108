/** Invoices, credit notes, statements. Amounts are decimal strings of USD. */

import { z } from "zod";
import { amountInput, centsInput, monthSchema } from "./money.ts";
import { amountSchema, momentSchema, pageOf, pageQuery } from "./page.ts";
import { taskOf } from "./tasks.ts";

/** `credited`: nothing of it is owed any more, because of credit notes alone. */
export const invoiceStatuses = ["open", "overdue", "paid", "credited"] as const;
export const invoiceStatusSchema = z.enum(invoiceStatuses);
export type InvoiceStatus = z.infer<typeof invoiceStatusSchema>;
/** What lists can be narrowed to; `unpaid`: open or overdue. */
export const invoiceFilters = ["unpaid", ...invoiceStatuses, "credit_note"] as const;

const partySchema = z.object({
  name: z.string(),
  address: z.string().nullable(),
  taxId: z.string().nullable(),
  email: z.string().nullable(),
});
export type InvoiceParty = z.infer<typeof partySchema>;

export const invoiceSchema = z.object({
  number: z.string(),
  kind: z.enum(["invoice", "credit_note"]),
  accountId: z.string(),
  month: z.string(),
  /** A credit note's invoice. */
  refersTo: z.string().nullable(),
  issuedAt: momentSchema,
  dueAt: momentSchema,
  /** Of a credit note. */
  reason: z.string().nullable(),
  buyer: z.string(),
  total: amountSchema,
  paid: amountSchema,
  credited: amountSchema,
  /** Still to be paid. */
  open: amountSchema,
  /** Null: a credit note. */
  status: invoiceStatusSchema.nullable(),
  seller: partySchema,
  billTo: partySchema,
  /** Null to customers. */
  author: z.string().nullable(),
  /** The sum of the lines. */
  exact: amountSchema,
  rounding: amountSchema,
  taxRatePercent: z.string(),
  tax: amountSchema,
});
export type Invoice = z.infer<typeof invoiceSchema>;

export const invoiceListQuery = pageQuery(["issuedAt", "dueAt", "total"], "-issuedAt").extend({
  accountId: z.string().optional(),
  status: z.enum(invoiceFilters).optional(),
  month: monthSchema.optional(),
});
export const invoicePageSchema = pageOf(invoiceSchema);

export const chargeLineSchema = z.object({
  kind: z.string(),
  model: z.string().nullable(),
  keyId: z.string().nullable(),
  keyName: z.string().nullable(),
  /** By which it was charged. */
  priceId: z.string().nullable(),
  lane: z.string().nullable(),
  measure: z.enum(["input", "cached_input", "output", "request", "character"]).nullable(),
  quantity: z.string().nullable(),
  /** USD: of a request, or of a million of anything else. */
  price: amountSchema.nullable(),
  description: z.string().nullable(),
  amount: amountSchema,
});
export type ChargeLine = z.infer<typeof chargeLineSchema>;

export const invoiceDetailsSchema = invoiceSchema.extend({
  /** The first ones; the CSV file has them all. */
  lines: z.array(chargeLineSchema),
  hasMoreLines: z.boolean(),
  payments: z.array(
    z.object({ at: momentSchema, amount: amountSchema, reason: z.string(), reference: z.string().nullable() }),
  ),
  creditNotes: z.array(
    z.object({ number: z.string(), issuedAt: momentSchema, total: amountSchema, reason: z.string().nullable() }),
  ),
  paymentNote: z.string().nullable(),
});
export type InvoiceDetails = z.infer<typeof invoiceDetailsSchema>;

/** `POST /invoices/{number}/credit-notes` */
export const creditNoteSchema = z.strictObject({
  /** Tax included; all that is left when absent. */
  amount: centsInput.optional(),
  reason: z.string().trim().min(1, "is needed").max(500),
  /** The invoice's `credited` as you see it: sent twice, a second note is not issued. */
  credited: amountSchema,
});
export type CreditNoteRequest = z.infer<typeof creditNoteSchema>;

/** `POST /invoices/{number}/payments`: it came by another way than Stripe. */
export const invoicePaymentSchema = z.strictObject({
  amount: amountInput,
  /** Of the payment: booked once. */
  reference: z.string().trim().min(1, "is needed: it is booked once").max(200),
});
export type InvoicePaymentRequest = z.infer<typeof invoicePaymentSchema>;
export const invoicePaidSchema = z.object({
  /** False: a payment of this reference was booked before, and nothing was booked now. */
  booked: z.boolean(),
  /** What was paid beyond the invoice: it is credit. */
  surplus: amountSchema,
  invoice: invoiceDetailsSchema,
});

/** `POST /invoice-runs`: issues what is due, up to a month that is over. */
export const invoiceRunRequestSchema = z.strictObject({
  month: monthSchema,
  /** Work out what would be issued, and issue nothing. */
  dryRun: z.boolean(),
  /** Only this account's; all when absent. */
  accountId: z.string().max(100).optional(),
});
export const invoiceRunSchema = taskOf(
  z.object({
    month: z.string(),
    dryRun: z.boolean(),
    /** Postpaid ones that were looked at. */
    accounts: z.number().int(),
    count: z.number().int(),
    total: amountSchema,
    /** The first ones. */
    invoices: z.array(
      z.object({
        /** Null: not issued. */
        number: z.string().nullable(),
        accountId: z.string(),
        buyer: z.string(),
        month: z.string(),
        exact: amountSchema,
        rounding: amountSchema,
        tax: amountSchema,
        total: amountSchema,
        /** Of a dry run, the first ones of `lineCount`; empty once it is issued. */
        lines: z.array(chargeLineSchema),
        lineCount: z.number().int(),
      }),
    ),
    failed: z.array(z.object({ accountId: z.string(), month: z.string(), reason: z.string() })),
  }),
);
export type InvoiceRun = z.infer<typeof invoiceRunSchema>;

/** `GET /accounts/{id}/statements/{month}`: of a prepaid account. */
export const statementSchema = z.object({
  month: z.string(),
  opening: amountSchema,
  movements: z.array(z.object({ at: momentSchema, kind: z.string(), reason: z.string(), amount: amountSchema })),
  /** The first lines; of all there are `usageLines`, and they sum to `used`. */
  usage: z.array(chargeLineSchema),
  usageLines: z.number().int(),
  used: amountSchema,
  closing: amountSchema,
});
export type Statement = z.infer<typeof statementSchema>;
