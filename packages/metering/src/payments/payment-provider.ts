/** What Tera needs of a payment provider. Amounts are nano-USD in whole cents; everything else about a payment stays with the provider. */

export interface PaymentProvider {
  /** `stripe`: the author of its bookings, and the beginning of their references. */
  readonly name: string;
  /** A page where a customer tops up credit, for a day. @throws {PaymentProviderError} */
  createCheckout(options: CheckoutOptions): Promise<PaymentPage>;
  /** A page where an invoice is paid, until it is. @throws {PaymentProviderError} */
  createInvoiceLink(options: InvoiceLinkOptions): Promise<PaymentPage>;
  /**
   * Charges a saved payment method, without the customer. Asked again with the same key, it is the same charge.
   * @throws {PaymentProviderError} when it is not known whether it was charged.
   */
  charge(options: ChargeOptions): Promise<ChargeResult>;
  /** A payment, as the event that tells of it would. Undefined: unknown, not paid, or not ours. @throws {PaymentProviderError} */
  findPayment(paymentId: string): Promise<PaidEvent | undefined>;
  /**
   * Reads what the provider tells by webhook. @returns nothing where it does not concern Tera.
   * @throws {PaymentEventRefusedError} when it is not signed by the provider, or was long ago.
   * @throws {PaymentEventUnreadableError} when it is, and of a form that is not known here.
   * @throws {PaymentProviderError} when the provider had to be asked for more, and could not be.
   */
  readEvent(body: Buffer, signature: string | undefined): Promise<PaymentEvent[]>;
}

export interface PaymentPage {
  id: string;
  url: string;
}

export interface CheckoutOptions {
  accountId: string;
  amountNano: bigint;
  /** Keep the payment method, to charge it later by itself. */
  saveMethod: boolean;
  /** Where the customer goes afterwards. */
  returnUrl: string;
}

export interface InvoiceLinkOptions {
  accountId: string;
  invoiceNumber: string;
  amountNano: bigint;
  /** Where the customer goes afterwards; undefined: the provider's own words of thanks. */
  returnUrl: string | undefined;
}

export interface ChargeOptions {
  accountId: string;
  amountNano: bigint;
  customerId: string;
  paymentMethodId: string;
  /** Also comes back with the event that tells of it. */
  chargeId: string;
}

export interface Refusal {
  /** In words that may be shown to the account's people. */
  reason: string;
  /** The same card may be taken later. False: somebody must do something first. */
  isWorthRetrying: boolean;
}

export type ChargeResult =
  | { outcome: "paid"; paymentId: string; amountNano: bigint }
  /** It will be told by webhook. */
  | { outcome: "processing"; paymentId: string }
  | ({ outcome: "refused" } & Refusal);

export interface PaidEvent {
  type: "paid";
  paymentId: string;
  accountId: string;
  amountNano: bigint;
  /** It pays this one. */
  invoiceNumber?: string;
  /** Saved with this payment. */
  method?: { customerId: string; paymentMethodId: string };
  /** Of a charge of ours. */
  chargeId?: string;
}

export interface RefundEvent {
  type: "refund";
  refundId: string;
  paymentId: string;
  amountNano: bigint;
  /** `failed`: the customer did not get the money, whether or not it had left before. */
  outcome: "succeeded" | "failed";
  /** Why it failed. */
  failure?: string;
}

export interface DisputeEvent {
  type: "dispute";
  disputeId: string;
  paymentId: string;
  /** The customer's, in the provider's words. */
  reason: string;
  status: string;
  /** All money that it has moved so far, in order. Below zero: taken from us. */
  movements: { id: string; amountNano: bigint }[];
}

export type PaymentEvent =
  | PaidEvent
  | ({ type: "refused"; chargeId: string } & Refusal)
  | RefundEvent
  | DisputeEvent
  /** Money came for an account of ours that cannot be booked: somebody must look. */
  | { type: "unbookable"; paymentId: string; accountId: string; reason: string };

/** The provider cannot be reached, or did not do as asked. */
export class PaymentProviderError extends Error {
  override readonly name = "PaymentProviderError";
}

/** Not from the provider, or too old. Its message may be shown to whoever sent it. */
export class PaymentEventRefusedError extends Error {
  override readonly name = "PaymentEventRefusedError";
}

/** From the provider, and not in a form that is known here. Its message may be shown to whoever sent it. */
export class PaymentEventUnreadableError extends Error {
  override readonly name = "PaymentEventUnreadableError";
}
