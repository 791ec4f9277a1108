/** Books what a payment provider tells: payments, refunds, disputes, and what became of our own charges. Told twice, or in another order, it comes to the same. */
import type { Db } from "@tera/database";
import { failCharge } from "./auto-top-up-store.ts";
import { bookPayment, findBookedPayment } from "./book-payment.ts";
import { bookDispute, bookRefund } from "./book-reversal.ts";
import type { DisputeEvent, PaymentEvent, PaymentProvider, RefundEvent } from "./payment-provider.ts";

export type ReceiveResult =
  | {
      /** `nothing`: no money has moved yet. `unknown`: of another installation that shares the provider's account, or of a payment that is not ours. */
      outcome: "booked" | "booked_before" | "nothing" | "unknown";
      /** Of what was taken back, what the account had not available, and owes. Nano-USD. */
      debtNano?: bigint;
    }
  | { outcome: "unbookable"; accountId: string; reason: string };

/** @throws {PaymentProviderError} when a payment is not known here, and the provider cannot be asked about it. */
export async function receivePayment(
  db: Db,
  provider: Pick<PaymentProvider, "name" | "findPayment">,
  event: PaymentEvent,
): Promise<ReceiveResult> {
  switch (event.type) {
    case "paid":
      return bookPayment(db, provider.name, event);
    case "refused": {
      const ended = await failCharge(db, event.chargeId, event);
      return { outcome: ended ? "booked" : "booked_before" };
    }
    case "unbookable":
      return { outcome: "unbookable", accountId: event.accountId, reason: event.reason };
    case "refund":
    case "dispute":
      return takeBack(db, provider, event);
  }
}

/** What is taken back may be told before the payment itself, or the payment may never have been told: then the provider is asked for it, and it is booked first. */
async function takeBack(
  db: Db,
  provider: Pick<PaymentProvider, "name" | "findPayment">,
  event: RefundEvent | DisputeEvent,
): Promise<ReceiveResult> {
  let payment = await findBookedPayment(db, provider.name, event.paymentId);
  if (payment === undefined) {
    const paid = await provider.findPayment(event.paymentId);
    if (paid === undefined || (await bookPayment(db, provider.name, paid)).outcome === "unknown") {
      return { outcome: "unknown" };
    }
    payment = await findBookedPayment(db, provider.name, event.paymentId);
    if (payment === undefined) throw new Error(`the payment ${event.paymentId} was booked and is not there`);
  }
  return event.type === "refund"
    ? bookRefund(db, provider.name, payment, event)
    : bookDispute(db, provider.name, payment, event);
}
