/** Commands that ask Stripe for a page where somebody pays. */
import type { PaymentProvider } from "@tera/metering";
import { parseEnvironment } from "@tera/protocol";
import { z } from "zod";
import { CliError } from "../terminal/cli-error.ts";
import type { CommandContext } from "./context.ts";

/** The gateway's own settings: who may set up payments there may make such a page here. */
const fields = {
  TERA_GATEWAY_STRIPE_KEY: z.string().optional(),
  TERA_GATEWAY_STRIPE_URL: z.url().optional(),
};

export interface StripeSettings {
  apiKey: string;
  apiUrl: string | undefined;
}

/** @throws {CliError} without a key. */
export function readStripe({ environment }: CommandContext): StripeSettings {
  const own = Object.fromEntries(Object.keys(fields).map((name) => [name, environment[name]]));
  const { TERA_GATEWAY_STRIPE_KEY: apiKey, TERA_GATEWAY_STRIPE_URL: apiUrl } = parseEnvironment(
    fields,
    "TERA_CLI_",
    own,
  );
  if (apiKey === undefined) {
    throw new CliError("TERA_GATEWAY_STRIPE_KEY is not set: this command asks Stripe for the page.");
  }
  return { apiKey, apiUrl };
}

/** @throws {CliError} when Stripe does not do it, in its own words. */
export async function askStripe<Result>(
  settings: StripeSettings,
  ask: (provider: PaymentProvider) => Promise<Result>,
): Promise<Result> {
  const { openStripe, PaymentProviderError } = await import("@tera/metering");
  const provider = await openStripe({ ...settings, webhookSecret: undefined });
  try {
    return await ask(provider);
  } catch (error) {
    if (error instanceof PaymentProviderError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}

/** @throws {CliError} Through an Admin API the customer comes back to the dashboard. */
export function refuseReturnUrl(returnUrl: string | undefined): void {
  if (returnUrl === undefined) return;
  throw new CliError("Through an Admin API the customer comes back to its dashboard: leave --return-url out.");
}
