/** Events as Stripe's webhook sends them, signed by Stripe's own package. */
import { Stripe } from "stripe";

export interface SignOptions {
  /** When it was signed. Seconds since 1970. */
  timestampS?: number;
  /** In which the object is rendered; by default the package's. */
  apiVersion?: string;
}

export function signStripeEvent(
  secret: string,
  type: string,
  object: Readonly<Record<string, unknown>>,
  { timestampS = Math.floor(Date.now() / 1_000), apiVersion = Stripe.API_VERSION }: SignOptions = {},
): { body: string; signature: string } {
  const body = JSON.stringify({
    id: `evt_${type}`,
    object: "event",
    api_version: apiVersion,
    created: timestampS,
    livemode: false,
    pending_webhooks: 1,
    request: null,
    type,
    data: { object },
  });
  return { body, signature: signStripeBody(secret, body, timestampS) };
}

/** The `stripe-signature` header of any body. */
export function signStripeBody(secret: string, body: string, timestampS = Math.floor(Date.now() / 1_000)): string {
  return Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: timestampS });
}

/** A payment intent that was paid; amounts are cents. */
export function paidIntent(id: string, amount: number, metadata: Readonly<Record<string, string>>) {
  return {
    id,
    object: "payment_intent",
    status: "succeeded",
    currency: "usd",
    amount,
    amount_received: amount,
    metadata,
    customer: null,
    payment_method: null,
    setup_future_usage: null,
    last_payment_error: null,
  };
}

/** A refund of a payment intent; amounts are cents. */
export function refundOf(paymentId: string, id: string, amount: number, status: string) {
  return {
    id,
    object: "refund",
    status,
    currency: "usd",
    amount,
    payment_intent: paymentId,
    charge: `ch_${paymentId}`,
  };
}

/** A dispute of a payment intent, and what it has moved so far: cents, below zero what was withdrawn. */
export function disputeOf(
  paymentId: string,
  id: string,
  amount: number,
  status: string,
  moved: readonly number[] = [],
) {
  return {
    id,
    object: "dispute",
    status,
    reason: "fraudulent",
    currency: "usd",
    amount,
    payment_intent: paymentId,
    charge: `ch_${paymentId}`,
    is_charge_refundable: false,
    balance_transactions: moved.map((cents, index) => ({
      id: `txn_${id}_${index + 1}`,
      object: "balance_transaction",
      amount: cents,
      // Stripe's fee for a dispute: it keeps that whoever wins.
      fee: cents < 0 ? 1_500 : 0,
      net: cents < 0 ? cents - 1_500 : cents,
      currency: "usd",
      type: "adjustment",
    })),
  };
}
