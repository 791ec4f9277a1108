/**
 * Stripe, by its own package. Checked against the package's types for API version 2026-10-28.endive.
 *
 * One event tells of every payment, by checkout or by a charge of ours: `payment_intent.succeeded`. Its metadata says which account; what was received says how much. A
 * payment intent succeeds once, so its id is what a booking refers to: also two events about the same payment book it once.
 */
import { Stripe } from "stripe";
import { centNano } from "../invoices/round-cents.ts";
import {
  type ChargeResult,
  type PaymentEvent,
  PaymentEventRefusedError,
  type PaymentProvider,
  PaymentProviderError,
} from "./payment-provider.ts";

const timeoutMs = 20_000;
const accountField = "tera_account";
const chargeField = "tera_charge";

export interface StripeProviderOptions {
  /** `sk_...` or `rk_...` */
  apiKey: string;
  /** `whsec_...`; undefined: events are not read here, as on the command line. */
  webhookSecret: string | undefined;
  /** Instead of Stripe's own: a proxy, or a stand-in. */
  apiUrl?: string | undefined;
}

/** @throws {Error} for an empty webhook secret: anybody could sign with it. */
export function createStripeProvider({ apiKey, webhookSecret, apiUrl }: StripeProviderOptions): PaymentProvider {
  if (webhookSecret === "") throw new Error("the Stripe webhook secret is empty");
  const stripe = new Stripe(apiKey, {
    timeout: timeoutMs,
    maxNetworkRetries: 2,
    telemetry: false,
    ...(apiUrl === undefined ? {} : addressOf(apiUrl)),
  });

  return {
    name: "stripe",
    async createCheckout({ accountId, amountNano, saveMethod, returnUrl }) {
      const session = await stripe.checkout.sessions
        .create({
          mode: "payment",
          line_items: [
            {
              quantity: 1,
              price_data: { currency: "usd", unit_amount: toCents(amountNano), product_data: { name: "Credit" } },
            },
          ],
          client_reference_id: accountId,
          success_url: returnUrl,
          cancel_url: returnUrl,
          ...(saveMethod ? { customer_creation: "always" } : {}),
          payment_intent_data: {
            metadata: { [accountField]: accountId },
            ...(saveMethod ? { setup_future_usage: "off_session" } : {}),
          },
        })
        .catch(rethrow);
      if (session.url === null) throw new PaymentProviderError("Stripe made a checkout session without a URL.");
      return { id: session.id, url: session.url };
    },
    async charge({ accountId, amountNano, customerId, paymentMethodId, chargeId }): Promise<ChargeResult> {
      try {
        const intent = await stripe.paymentIntents.create(
          {
            amount: toCents(amountNano),
            currency: "usd",
            customer: customerId,
            payment_method: paymentMethodId,
            off_session: true,
            confirm: true,
            description: "Credit, topped up automatically",
            metadata: { [accountField]: accountId, [chargeField]: chargeId },
          },
          { idempotencyKey: chargeId },
        );
        if (intent.status === "succeeded") {
          return { outcome: "paid", paymentId: intent.id, amountNano: BigInt(intent.amount_received) * centNano };
        }
        if (intent.status === "processing") return { outcome: "processing", paymentId: intent.id };
        return { outcome: "refused", reason: `The payment is ${intent.status}.` };
      } catch (error) {
        // The card was refused, or customer or method are no longer there. All else may have happened or not.
        const isRefusal =
          error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError;
        if (isRefusal) return { outcome: "refused", reason: error.message };
        return rethrow(error);
      }
    },
    readEvent(body, signature) {
      if (webhookSecret === undefined || signature === undefined) throw new PaymentEventRefusedError("no signature");
      let event: Stripe.Event;
      try {
        event = stripe.webhooks.constructEvent(body, signature, webhookSecret);
      } catch (error) {
        throw new PaymentEventRefusedError("the signature does not fit", { cause: error });
      }
      return translate(event);
    },
  };
}

/** The parts of Stripe's objects that are used, as its types have them for this API version. */
function translate(event: Stripe.Event): PaymentEvent | undefined {
  switch (event.type) {
    case "payment_intent.succeeded": {
      const intent = event.data.object;
      const accountId = intent.metadata[accountField];
      if (accountId === undefined || intent.currency !== "usd" || intent.amount_received <= 0) return undefined;
      const chargeId = intent.metadata[chargeField];
      const customerId = idOf(intent.customer);
      const paymentMethodId = idOf(intent.payment_method);
      const isSaved = intent.setup_future_usage === "off_session";
      return {
        type: "paid",
        paymentId: intent.id,
        accountId,
        amountNano: BigInt(intent.amount_received) * centNano,
        ...(isSaved && customerId !== undefined && paymentMethodId !== undefined
          ? { method: { customerId, paymentMethodId } }
          : {}),
        ...(chargeId === undefined ? {} : { chargeId }),
      };
    }
    case "payment_intent.payment_failed": {
      const chargeId = event.data.object.metadata[chargeField];
      if (chargeId === undefined) return undefined;
      const reason = event.data.object.last_payment_error?.message ?? "The payment failed.";
      return { type: "refused", chargeId, reason };
    }
    case "refund.created":
    case "refund.updated": {
      const refund = event.data.object;
      const paymentId = idOf(refund.payment_intent);
      if (refund.status !== "succeeded" || refund.currency !== "usd" || paymentId === undefined) return undefined;
      return { type: "refunded", refundId: refund.id, paymentId, amountNano: BigInt(refund.amount) * centNano };
    }
    default:
      return undefined;
  }
}

function idOf(reference: string | { id: string } | null): string | undefined {
  return typeof reference === "string" ? reference : reference?.id;
}

function toCents(amountNano: bigint): number {
  if (amountNano <= 0n || amountNano % centNano !== 0n) throw new Error("a payment must be whole cents above 0");
  return Number(amountNano / centNano);
}

function addressOf(url: string) {
  const { hostname, port, protocol } = new URL(url);
  const isPlain = protocol === "http:";
  return {
    host: hostname,
    port: port === "" ? (isPlain ? 80 : 443) : Number(port),
    protocol: isPlain ? "http" : "https",
  } as const;
}

function rethrow(error: unknown): never {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  throw new PaymentProviderError(`Stripe: ${error.message}`, { cause: error });
}
