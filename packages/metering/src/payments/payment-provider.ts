/** What Tera needs of a payment provider. Amounts are nano-USD in whole cents; everything else about a payment stays with the provider. */

export interface PaymentProvider {
  /** `stripe`: the author of its bookings, and the beginning of their references. */
  readonly name: string;
  /** A page where a customer pays. @returns its URL. @throws {PaymentProviderError} */
  createCheckout(options: CheckoutOptions): Promise<{ id: string; url: string }>;
  /**
   * Charges a saved payment method, without the customer. Asked again with the same key, it is the same charge.
   * @throws {PaymentProviderError} when it is not known whether it was charged.
   */
  charge(options: ChargeOptions): Promise<ChargeResult>;
  /**
   * Reads what the provider tells by webhook. @returns undefined: nothing that concerns Tera.
   * @throws {PaymentEventRefusedError} when it is not signed by the provider.
   */
  readEvent(body: Buffer, signature: string | undefined): PaymentEvent | undefined;
}

export interface CheckoutOptions {
  accountId: string;
  amountNano: bigint;
  /** Keep the payment method, to charge it later by itself. */
  saveMethod: boolean;
  /** Where the customer goes afterwards. */
  returnUrl: string;
}

export interface ChargeOptions {
  accountId: string;
  amountNano: bigint;
  customerId: string;
  paymentMethodId: string;
  /** Also comes back with the event that tells of it. */
  chargeId: string;
}

export type ChargeResult =
  | { outcome: "paid"; paymentId: string; amountNano: bigint }
  /** It will be told by webhook. */
  | { outcome: "processing"; paymentId: string }
  /** In words that may be shown to the account's people. */
  | { outcome: "refused"; reason: string };

export type PaymentEvent =
  | {
      type: "paid";
      paymentId: string;
      accountId: string;
      amountNano: bigint;
      /** Saved with this payment. */
      method?: { customerId: string; paymentMethodId: string };
      /** Of a charge of ours. */
      chargeId?: string;
    }
  | { type: "refused"; chargeId: string; reason: string }
  | { type: "refunded"; refundId: string; paymentId: string; amountNano: bigint };

/** The provider cannot be reached, or did not do as asked. */
export class PaymentProviderError extends Error {
  override readonly name = "PaymentProviderError";
}

/** Not from the provider, or too old. */
export class PaymentEventRefusedError extends Error {
  override readonly name = "PaymentEventRefusedError";
}
