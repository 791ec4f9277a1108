/**
 * `POST /webhooks/stripe`: what Stripe tells of payments. There only where Stripe is set up.
 *
 * Nothing is believed before the signature over the raw body was checked. An answer other than 2xx makes Stripe tell it again, for days: so what cannot be booked now is not lost.
 */
import { type Db, databaseReason, isDatabaseUnavailable } from "@tera/database";
import { type PaymentEvent, PaymentEventRefusedError, type PaymentProvider, receivePayment } from "@tera/metering";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";

const bodyMaxBytes = 512 * 1_024;

export interface StripeWebhookDependencies {
  provider: PaymentProvider;
  db: Db;
}

export function registerStripeWebhook(app: FastifyInstance, { provider, db }: StripeWebhookDependencies): void {
  app.register(async (hook) => {
    hook.removeAllContentTypeParsers();
    hook.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    hook.post("/webhooks/stripe", { bodyLimit: bodyMaxBytes }, async (request) => {
      const event = verify(request.body, request.headers["stripe-signature"]);
      if (event === undefined) return { received: true };
      try {
        const { outcome, ...rest } = await receivePayment(db, provider.name, event);
        const about = { requestId: request.id, event: event.type, outcome, ...toText(rest) };
        if (outcome === "unknown") request.log.warn(about, "a payment of nobody here");
        else request.log.info(about, "a payment event was received");
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        throw new TeraError("database_unavailable", "The event cannot be booked right now. Send it again.", {
          detail: databaseReason(error),
          retryAfterS: 5,
        });
      }
      return { received: true };
    });
  });

  function verify(body: unknown, signature: string | string[] | undefined): PaymentEvent | undefined {
    try {
      return provider.readEvent(
        Buffer.isBuffer(body) ? body : Buffer.alloc(0),
        typeof signature === "string" ? signature : undefined,
      );
    } catch (error) {
      if (!(error instanceof PaymentEventRefusedError)) throw error;
      throw new TeraError("invalid_request", "The event is not signed as it must be.", { detail: error.message });
    }
  }
}

/** A log line has no bigint. */
function toText(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
