/**
 * Tops up accounts that fell below their threshold, by charging what their people saved with the payment provider.
 *
 * A charge is written down before it is made, under the lock of the account's purse: one at a time for each account, and no more than its bound on one day. Its id is the
 * provider's idempotency key. Cut off anywhere, it stays open and is asked again with that key; whether the answer or the provider's webhook comes first, the payment is booked
 * once, by its own id.
 */
import type { Db } from "@tera/database";
import { createAutoTopUpStore, failCharge } from "./auto-top-up-store.ts";
import { type PaymentProvider, PaymentProviderError, type Refusal } from "./payment-provider.ts";
import { receivePayment } from "./receive-payment.ts";

const accountsMax = 1_000;
/** Stripe forgets a key after 24 hours; asked again later, it would be another charge. */
const keyValidMs = 23 * 3_600_000;

export interface AutoTopUpReport {
  paid: number;
  /** Not known yet. */
  open: number;
  failed: { accountId: string; chargeId: string; reason: string }[];
}

export async function runAutoTopUp(db: Db, provider: PaymentProvider, signal: AbortSignal): Promise<AutoTopUpReport> {
  const store = createAutoTopUpStore({ db });
  const report: AutoTopUpReport = { paid: 0, open: 0, failed: [] };
  for (const accountId of await store.listLow(accountsMax)) {
    if (signal.aborted) return report;
    await store.openCharge(accountId);
  }
  for (const { charge, method, ageMs } of await store.listOpen(accountsMax)) {
    if (signal.aborted) return report;
    const { id: chargeId, accountId, amountNano } = charge;
    const fail = async (refusal: Refusal) => {
      if (await failCharge(db, chargeId, refusal)) report.failed.push({ accountId, chargeId, reason: refusal.reason });
    };
    const stop = (reason: string) => fail({ reason, isWorthRetrying: false });
    if (ageMs > keyValidMs) {
      await stop("The provider did not say within a day whether it was paid.");
      continue;
    }
    if (method === undefined) {
      await stop("There is no saved payment method any more.");
      continue;
    }
    const { customerId, paymentMethodId } = method;
    try {
      const result = await provider.charge({ accountId, amountNano, customerId, paymentMethodId, chargeId });
      if (result.outcome === "refused") await fail(result);
      else if (result.outcome === "processing") report.open++;
      else {
        await receivePayment(db, provider, { type: "paid", ...result, accountId, chargeId });
        report.paid++;
      }
    } catch (error) {
      if (!(error instanceof PaymentProviderError)) throw error;
      report.open++;
    }
  }
  return report;
}
