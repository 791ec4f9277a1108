/** What Stripe says when a card is refused, and whether the same card is worth another try. Codes: docs.stripe.com/declines/codes, docs.stripe.com/declines/card. */
import type { Refusal } from "./payment-provider.ts";

/** The parts of Stripe's card errors and of a payment intent's `last_payment_error` that are used. */
export interface StripeDecline {
  message?: string | undefined;
  code?: string | undefined;
  decline_code?: string | undefined;
  advice_code?: string | undefined;
}

/** The card is good and there may be money on it later. All else needs its owner, or is told by the networks not to be tried again. */
const transientCodes: ReadonlySet<string> = new Set([
  "approve_with_id",
  "card_velocity_exceeded",
  "do_not_honor",
  "generic_decline",
  "insufficient_funds",
  "issuer_not_available",
  "no_action_taken",
  "processing_error",
  "reenter_transaction",
  "try_again_later",
  "withdrawal_count_limit_exceeded",
]);

export function readRefusal({ message, code, decline_code, advice_code }: StripeDecline): Refusal {
  const why = decline_code ?? code;
  const said = message ?? "The payment failed.";
  if (why === "authentication_required" || code === "authentication_required") {
    return { reason: `${said} The customer must confirm it on a page of their own.`, isWorthRetrying: false };
  }
  const isWorthRetrying = advice_code === undefined ? transientCodes.has(why ?? "") : advice_code === "try_again_later";
  return { reason: said, isWorthRetrying };
}
