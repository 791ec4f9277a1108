/**
 * What Stripe tells by webhook: checked for its signature, then read.
 *
 * Objects come in the API version of the webhook endpoint, which may be another than the package's. Only the few fields below are read; an event of a type that is known here and
 * in which they are not is refused with words, and told again by Stripe until the endpoint's version is put right.
 *
 * One event tells of every payment, by checkout, link or a charge of ours: `payment_intent.succeeded`. Its metadata says whose it is; what was received says how much. Events of a
 * refund or a dispute come in any order and more than once, so each is read for the whole state of its object and never for what has changed.
 */
import { Stripe } from "stripe";
import { z } from "zod";
import { centNano } from "../invoices/round-cents.ts";
import {
  type PaymentEvent,
  PaymentEventRefusedError,
  PaymentEventUnreadableError,
  type RefundEvent,
} from "./payment-provider.ts";
import { readRefusal } from "./stripe-refusal.ts";

export const accountField = "tera_account";
export const chargeField = "tera_charge";
export const invoiceField = "tera_invoice";

const reference = z
  .union([z.string(), z.object({ id: z.string() })])
  .nullish()
  .transform((value) => (typeof value === "string" ? value : value?.id));
const cents = z.int().transform((value) => BigInt(value) * centNano);
const metadata = z.record(z.string(), z.string());

const envelopeSchema = z.object({
  id: z.string(),
  type: z.string(),
  api_version: z.string().nullish(),
  data: z.object({ object: z.unknown() }),
});
const paymentSchema = z.object({
  id: z.string(),
  status: z.string(),
  currency: z.string(),
  amount_received: cents,
  metadata,
  customer: reference,
  payment_method: reference,
  setup_future_usage: z.string().nullish(),
});
const failedPaymentSchema = z.object({
  metadata,
  last_payment_error: z
    .object({
      message: z.string().optional(),
      code: z.string().optional(),
      decline_code: z.string().optional(),
      advice_code: z.string().optional(),
    })
    .nullish(),
});
const refundSchema = z.object({
  id: z.string(),
  amount: cents,
  currency: z.string(),
  status: z.string().nullable(),
  payment_intent: reference,
  failure_reason: z.string().nullish(),
});
const disputeSchema = z.object({
  id: z.string(),
  amount: cents,
  currency: z.string(),
  status: z.string(),
  reason: z.string(),
  payment_intent: reference,
  balance_transactions: z.array(z.object({ id: z.string(), amount: cents, currency: z.string() })),
});
const chargeSchema = z.object({ payment_intent: reference });

export interface StripeEvent {
  type: string;
  apiVersion: string | undefined;
  object: unknown;
}

/** @throws {PaymentEventRefusedError} @throws {PaymentEventUnreadableError} */
export function verifyEvent(
  webhooks: Stripe["webhooks"],
  body: Buffer,
  signature: string | undefined,
  secret: string,
): StripeEvent {
  const { signature: checker } = webhooks;
  if (checker === null) throw new Error("Stripe's package came without its check of signatures");
  if (signature === undefined) throw new PaymentEventRefusedError("The event has no signature.");
  try {
    checker.verifyHeader(body, signature, secret);
  } catch (error) {
    const why = isOnlyOld(() => checker.verifyHeader(body, signature, secret, 0))
      ? `The event was signed more than ${webhooks.DEFAULT_TOLERANCE / 60} minutes ago: it is an old one, or a clock is wrong.`
      : "The signature does not fit the event.";
    throw new PaymentEventRefusedError(why, { cause: error });
  }
  const envelope = envelopeSchema.safeParse(parseJson(body));
  if (!envelope.success) {
    throw new PaymentEventUnreadableError(
      "This is no snapshot event of Stripe's API v1: let the endpoint send snapshot events.",
    );
  }
  const { type, api_version, data } = envelope.data;
  return { type, apiVersion: api_version ?? undefined, object: data.object };
}

/** @param verifyAnyAge checks the signature alone, whenever it was made. */
function isOnlyOld(verifyAnyAge: () => boolean): boolean {
  try {
    return verifyAnyAge();
  } catch {
    return false;
  }
}

/** @returns undefined: of a type, or about something, that does not concern Tera. @throws {PaymentEventUnreadableError} */
export function readStripeEvent(event: StripeEvent): PaymentEvent | { type: "refunds"; paymentId: string } | undefined {
  switch (event.type) {
    case "payment_intent.succeeded":
      return readPayment(parse(paymentSchema, event));
    case "payment_intent.payment_failed":
    case "payment_intent.canceled": {
      const { metadata, last_payment_error } = parse(failedPaymentSchema, event);
      const chargeId = metadata[chargeField];
      if (chargeId === undefined) return undefined;
      return {
        type: "refused",
        chargeId,
        ...readRefusal(last_payment_error ?? { message: `Stripe says ${event.type}.` }),
      };
    }
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated":
      return toRefund(parse(refundSchema, event));
    case "charge.refunded": {
      const { payment_intent: paymentId } = parse(chargeSchema, event);
      return paymentId === undefined ? undefined : { type: "refunds", paymentId };
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
    case "charge.dispute.closed":
      return toDispute(parse(disputeSchema, event));
    default:
      return undefined;
  }
}

/** A payment intent, of an event or asked for. Undefined: not paid, or not ours. */
export function readPayment(object: z.infer<typeof paymentSchema>): PaymentEvent | undefined {
  const { id: paymentId, status, currency, amount_received: amountNano, metadata } = object;
  const accountId = metadata[accountField];
  if (accountId === undefined || status !== "succeeded" || amountNano <= 0n) return undefined;
  if (currency !== "usd") {
    return { type: "unbookable", paymentId, accountId, reason: `It is in ${currency.toUpperCase()}, not in USD.` };
  }
  const chargeId = metadata[chargeField];
  const invoiceNumber = metadata[invoiceField];
  const { customer: customerId, payment_method: paymentMethodId, setup_future_usage } = object;
  const isSaved = setup_future_usage === "off_session";
  return {
    type: "paid",
    paymentId,
    accountId,
    amountNano,
    ...(isSaved && customerId !== undefined && paymentMethodId !== undefined
      ? { method: { customerId, paymentMethodId } }
      : {}),
    ...(chargeId === undefined ? {} : { chargeId }),
    ...(invoiceNumber === undefined ? {} : { invoiceNumber }),
  };
}

export function parsePayment(object: unknown): z.infer<typeof paymentSchema> {
  return paymentSchema.parse(object);
}

/** Of refunds that were asked for. */
export function readRefund(object: unknown): RefundEvent | undefined {
  return toRefund(refundSchema.parse(object));
}

function toRefund(refund: z.infer<typeof refundSchema>): RefundEvent | undefined {
  const { id: refundId, amount: amountNano, currency, status, payment_intent: paymentId, failure_reason } = refund;
  if (currency !== "usd" || paymentId === undefined || amountNano <= 0n) return undefined;
  const about = { type: "refund", refundId, paymentId, amountNano } as const;
  if (status === "succeeded") return { ...about, outcome: "succeeded" };
  if (status === "failed" || status === "canceled") {
    return { ...about, outcome: "failed", failure: failure_reason ?? status };
  }
  // Pending: it is told again when it is decided.
  return undefined;
}

function toDispute(dispute: z.infer<typeof disputeSchema>): PaymentEvent | undefined {
  const { id: disputeId, amount, currency, status, reason, payment_intent: paymentId, balance_transactions } = dispute;
  if (currency !== "usd" || paymentId === undefined) return undefined;
  const movements = balance_transactions.map((moved) => {
    // In the currency of Stripe's payouts, which may be another than that of the payment.
    const sizeNano = moved.currency === "usd" ? moved.amount : moved.amount < 0n ? -amount : amount;
    return { id: moved.id, amountNano: sizeNano };
  });
  return {
    type: "dispute",
    disputeId,
    paymentId,
    reason,
    status,
    movements: movements.filter(({ amountNano }) => amountNano !== 0n),
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, { type, apiVersion, object }: StripeEvent): z.output<Schema> {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new PaymentEventUnreadableError(
    `The event ${type} of API version ${apiVersion ?? "unknown"} cannot be read (${fields}): give the endpoint the version ${Stripe.API_VERSION}.`,
  );
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
