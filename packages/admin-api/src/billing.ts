/** Credit of accounts: what there is, how it came to that, and how it is moved. Amounts are decimal strings of USD. */
import { z } from "zod";
import { accountKindSchema } from "./accounts.ts";
import { amountInput, centsInput, percentInput, signedAmountInput } from "./money.ts";
import { amountSchema, cursorPageOf, cursorQuery, momentSchema, pageOf, pageQuery } from "./page.ts";

/** `GET /billing/settings` */
export const billingSettingsSchema = z.object({
  /** Payments by Stripe are set up: checkout, automatic top-ups and pages to pay invoices. */
  stripe: z.boolean(),
  /** Somebody has said who sells: invoices can be issued. */
  seller: z.boolean(),
});
export type BillingSettings = z.infer<typeof billingSettingsSchema>;

/** `GET /billing/summary`: all accounts together. */
export const billingSummarySchema = z.object({
  /** Of prepaid accounts; of it, what gateways hold for requests that run. */
  credit: amountSchema,
  leased: amountSchema,
  /** What postpaid accounts used since their last invoice. */
  uninvoiced: amountSchema,
  openInvoices: z.number().int(),
  open: amountSchema,
  overdueInvoices: z.number().int(),
  overdue: amountSchema,
  debt: amountSchema,
});
export type BillingSummary = z.infer<typeof billingSummarySchema>;

export const accountMoneySchema = z.object({
  accountId: z.string(),
  name: z.string(),
  kind: accountKindSchema,
  createdAt: momentSchema,
  disabledAt: momentSchema.nullable(),
  /** Negative: a postpaid account used it, and it is on no invoice yet. */
  balance: amountSchema,
  /** Of the balance, what gateways hold for requests that run. */
  leased: amountSchema,
  available: amountSchema,
  /** Taken back of payments (a dispute, a refund) after it was used; what comes next pays it first. */
  debt: amountSchema,
  /** Of open invoices, overdue ones included. */
  invoiced: amountSchema,
  overdue: amountSchema,
});
export type AccountMoney = z.infer<typeof accountMoneySchema>;

export const accountMoneyListQuery = pageQuery(["name", "balance"], "balance").extend({
  kind: accountKindSchema.optional(),
});
export const accountMoneyPageSchema = pageOf(accountMoneySchema);

export const ledgerKinds = [
  "usage",
  "top_up",
  "refund",
  "dispute",
  "adjustment",
  "correction",
  "invoice",
  "credit_note",
  "payment",
  "debt_payment",
] as const;
export const ledgerKindSchema = z.enum(ledgerKinds);
export type LedgerKind = z.infer<typeof ledgerKindSchema>;

/** What a transaction moves between; `credit` is the account's balance. */
export const ledgerBookSchema = z.enum([
  "credit",
  "cash",
  "revenue",
  "adjustment",
  "receivable",
  "tax",
  "rounding",
  "debt",
  "write_off",
]);

export const ledgerLineSchema = z.object({
  id: z.string(),
  /** Position in the account's ledger, from 1. */
  seq: z.string(),
  at: momentSchema,
  kind: ledgerKindSchema,
  /** By how much the balance changed. */
  amount: amountSchema,
  /** They sum to 0. */
  entries: z.array(z.object({ book: ledgerBookSchema, amount: amountSchema })),
  /** Null to customers: it names people and gateways. */
  author: z.string().nullable(),
  reason: z.string(),
  reference: z.string().nullable(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

export const ledgerQuery = cursorQuery.extend({
  /** With commas: `top_up,refund`; all when absent. */
  kinds: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === "" ? [] : text.split(",")))
    .pipe(z.array(ledgerKindSchema).max(ledgerKinds.length)),
  /** A `seq`. */
  before: z
    .string()
    .regex(/^\d{1,18}$/, "must be the `next` of the part before")
    .optional(),
});
export const ledgerPageSchema = cursorPageOf(ledgerLineSchema);

/** top_up: a payment came in. gift: given. refund: money was paid back. adjustment: a correction by hand, either way. */
export const creditMoveKinds = ["top_up", "gift", "refund", "adjustment"] as const;
const moveDetails = {
  /** What the ledger says; the customer sees it. */
  reason: z.string().trim().min(1, "is needed").max(500),
  /** What it answers to, such as a bank transfer: booked once for each kind. */
  reference: z.string().trim().min(1).max(200).optional(),
};

/** `POST /accounts/{id}/credit`. With the header `idempotency-key`, what is sent again is not booked again. */
export const creditMoveSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["top_up", "gift", "refund"]), amount: amountInput, ...moveDetails }),
  z.strictObject({ kind: z.literal("adjustment"), amount: signedAmountInput, ...moveDetails }),
]);
export type CreditMoveRequest = z.infer<typeof creditMoveSchema>;
export const idempotencyHeaders = z.object({ "idempotency-key": z.string().min(8).max(100).optional() });

export const creditMovedSchema = z.object({
  /** False: it was booked before, and nothing was moved now. */
  booked: z.boolean(),
  /** Null: it was booked before. */
  ledgerTransactionId: z.string().nullable(),
  account: accountMoneySchema,
});

/** `POST /accounts/{id}/checkout`: a page of Stripe's where credit is paid for. */
export const checkoutSchema = z.strictObject({
  amount: centsInput,
  /** Keep the card, for automatic top-ups. */
  saveMethod: z.boolean().default(false),
});
export const paymentPageSchema = z.object({
  /** As Stripe calls it. */
  id: z.string(),
  url: z.url({ protocol: /^https?$/ }),
  /** What is paid on it. */
  amount: amountSchema,
});

/** `GET`, `PUT` and `DELETE /accounts/{id}/auto-top-up`. */
export const autoTopUpSettingSchema = z.strictObject({
  /** Charged when the balance falls below it. */
  below: centsInput,
  amount: centsInput,
  /** No more than this on one day (UTC). */
  dayMax: centsInput,
});
export type AutoTopUpSetting = z.infer<typeof autoTopUpSettingSchema>;
export const autoTopUpSchema = z.object({
  setting: z.object({ below: amountSchema, amount: amountSchema, dayMax: amountSchema }).nullable(),
  /** retrying: the last charge was refused, and is tried again. paused: nothing is charged until it is set anew. */
  state: z.enum(["off", "on", "retrying", "paused"]),
  /** Why it is retrying or paused. */
  reason: z.string().nullable(),
  retryAt: momentSchema.nullable(),
  /** A card is saved: one payment by checkout saves it. */
  methodSaved: z.boolean(),
  lastCharge: z
    .object({ at: momentSchema, amount: amountSchema, state: z.enum(["pending", "succeeded", "failed"]) })
    .nullable(),
});
export type AutoTopUp = z.infer<typeof autoTopUpSchema>;

const partyText = (max: number) => z.string().trim().min(1).max(max).nullable();
const partyDetails = {
  /** Lines separated by newlines. */
  address: partyText(1_000),
  taxId: partyText(100),
  email: z.email("must be an e-mail address").max(254).nullable(),
};

/** `GET` and `PUT /seller`: what invoices say of who sells. */
export const sellerSchema = z.strictObject({
  name: z.string().trim().min(1, "is needed").max(200),
  ...partyDetails,
  /** How to pay, as invoices print it. */
  paymentNote: partyText(1_000),
  taxRatePercent: percentInput,
  /** From issue until an invoice must be paid. */
  dueDays: z.number().int().min(0).max(365),
});
export type Seller = z.infer<typeof sellerSchema>;
export const maybeSellerSchema = z.object({
  seller: sellerSchema.nullable(),
  /** When that was said last. */
  updatedAt: momentSchema.nullable(),
});

/** `GET` and `PUT /accounts/{id}/buyer`: what invoices and statements say of the customer. */
export const buyerSchema = z.strictObject({
  /** Null: the account's. */
  name: partyText(200),
  ...partyDetails,
  /** Null: the seller's. */
  taxRatePercent: percentInput.nullable(),
  /** A notice is sent when the balance falls below it; null: none. */
  lowBalance: amountInput.nullable(),
});
export type Buyer = z.infer<typeof buyerSchema>;
