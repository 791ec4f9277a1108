/**
 * `POST /webhooks/stripe`: what Stripe tells of payments. There only where Stripe is set up.
 *
 * Nothing is believed before the signature over the raw body was checked. An answer other than 2xx makes Stripe tell it again, for days: so what cannot be read or booked now is
 * not lost. What does not concern Tera is answered with 200, or Stripe would tell that again too.
 */
import { type Db, databaseReason, isDatabaseUnavailable } from "@tera/database";
import {
  formatUsd,
  type PaymentEvent,
  PaymentEventRefusedError,
  PaymentEventUnreadableError,
  type PaymentProvider,
  PaymentProviderError,
  receivePayment,
} from "@tera/metering";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";

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
      try {
        for (const event of await read(request)) await receive(event, request);
      } catch (error) {
        if (error instanceof PaymentEventUnreadableError) {
          request.log.error({ requestId: request.id, reason: error.message }, "an event of Stripe cannot be read");
        }
        throw toTeraError(error);
      }
      return { received: true };
    });
  });

  async function read({ body, headers }: FastifyRequest): Promise<PaymentEvent[]> {
    const signature = headers["stripe-signature"];
    return provider.readEvent(
      Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      typeof signature === "string" ? signature : undefined,
    );
  }

  async function receive(event: PaymentEvent, { id: requestId, log }: FastifyRequest): Promise<void> {
    const result = await receivePayment(db, provider, event);
    const about = { requestId, event: event.type, outcome: result.outcome };
    if (result.outcome === "unbookable") {
      const { accountId, reason } = result;
      log.error({ ...about, accountId, reason }, "a payment came that cannot be booked");
    } else if (result.outcome === "unknown") {
      log.warn(about, "a payment of nobody here");
    } else {
      const { debtNano = 0n } = result;
      log.info(
        { ...about, ...(debtNano === 0n ? {} : { debtUsd: formatUsd(debtNano) }) },
        "a payment event was received",
      );
    }
  }
}

function toTeraError(error: unknown): unknown {
  if (error instanceof PaymentEventRefusedError || error instanceof PaymentEventUnreadableError) {
    return new TeraError("invalid_request", error.message, { detail: error.name, cause: error });
  }
  if (error instanceof PaymentProviderError) {
    return new TeraError("payment_provider_unavailable", "Stripe cannot be asked about this payment. Send it again.", {
      detail: error.message,
      retryAfterS: 60,
    });
  }
  if (!isDatabaseUnavailable(error)) return error;
  return new TeraError("database_unavailable", "The event cannot be booked right now. Send it again.", {
    detail: databaseReason(error),
    retryAfterS: 5,
  });
}
