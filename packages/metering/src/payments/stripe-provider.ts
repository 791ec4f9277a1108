/** Stripe, by its own package: the calls that Tera makes. Checked against the package's types for API version 2026-10-28.endive. */
import { Stripe } from "stripe";
import { centNano } from "../invoices/round-cents.ts";
import {
  type ChargeResult,
  type PaymentEvent,
  PaymentEventRefusedError,
  type PaymentProvider,
  PaymentProviderError,
} from "./payment-provider.ts";
import {
  accountField,
  chargeField,
  invoiceField,
  parsePayment,
  readPayment,
  readRefund,
  readStripeEvent,
  verifyEvent,
} from "./stripe-event.ts";
import { readRefusal } from "./stripe-refusal.ts";

const timeoutMs = 20_000;
/** Refunds of one payment; more are not read. */
const refundsMax = 100;

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
    async createInvoiceLink({ accountId, invoiceNumber, amountNano, returnUrl }) {
      const name = `Invoice ${invoiceNumber}`;
      // A link rather than a session: a session ends after a day, an invoice is due after weeks.
      const { id, url } = await stripe.paymentLinks
        .create({
          line_items: [
            { quantity: 1, price_data: { currency: "usd", unit_amount: toCents(amountNano), product_data: { name } } },
          ],
          restrictions: { completed_sessions: { limit: 1 } },
          payment_intent_data: {
            description: name,
            metadata: { [accountField]: accountId, [invoiceField]: invoiceNumber },
          },
          ...(returnUrl === undefined ? {} : { after_completion: { type: "redirect", redirect: { url: returnUrl } } }),
        })
        .catch(rethrow);
      return { id, url };
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
        return { outcome: "refused", reason: `The payment is ${intent.status}.`, isWorthRetrying: false };
      } catch (error) {
        if (error instanceof Stripe.errors.StripeCardError) return { outcome: "refused", ...readRefusal(error) };
        // Customer or method are no longer there.
        if (error instanceof Stripe.errors.StripeInvalidRequestError) {
          return { outcome: "refused", reason: error.message, isWorthRetrying: false };
        }
        // It may have happened or not.
        return rethrow(error);
      }
    },
    async findPayment(paymentId) {
      const intent = await stripe.paymentIntents.retrieve(paymentId).catch((error: unknown) => {
        if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === "resource_missing")
          return undefined;
        return rethrow(error);
      });
      const found = intent === undefined ? undefined : readPayment(parsePayment(intent));
      return found?.type === "paid" ? found : undefined;
    },
    async readEvent(body, signature) {
      if (webhookSecret === undefined) throw new PaymentEventRefusedError("Events are not read here.");
      const event = readStripeEvent(verifyEvent(stripe.webhooks, body, signature, webhookSecret));
      if (event === undefined) return [];
      if (event.type !== "refunds") return [event];
      // A charge was refunded, and its event does not say by which refunds.
      const refunds = await stripe.refunds.list({ payment_intent: event.paymentId, limit: refundsMax }).catch(rethrow);
      return refunds.data
        .map(readRefund)
        .filter((refund): refund is PaymentEvent & { type: "refund" } => refund !== undefined);
    },
  };
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
