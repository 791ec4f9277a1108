/** Loads Stripe's package where it is needed and nowhere else: it is large, and most installations take no cards. */
import type { PaymentProvider } from "./payment-provider.ts";
import type { StripeProviderOptions } from "./stripe-provider.ts";

/** @throws {Error} for an empty webhook secret: anybody could sign with it. */
export async function openStripe(options: StripeProviderOptions): Promise<PaymentProvider> {
  const { createStripeProvider } = await import("./stripe-provider.ts");
  return createStripeProvider(options);
}
