/** `tera credit checkout` and `auto-top-up`: payments by a provider (Stripe), on a page of its own or by themselves. */
import type { AutoTopUpSetting, PaymentPage } from "@tera/metering";
import { z } from "zod";
import { type FoundStack, findInstallation, isRemote, type RemoteStack } from "../../stack/find-stack.ts";
import { openClient, withAccountStore, withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { findAccount, requireAccount } from "../find-account.ts";
import { askStripe, readStripe, refuseReturnUrl } from "../stripe.ts";
import { topUpTrouble } from "./top-up-text.ts";

const commonOptions = { json: z.boolean().optional(), dataDir: z.string().optional(), url: z.string().optional() };
export const checkoutOptions = z.object({
  returnUrl: z.string().optional(),
  saveMethod: z.boolean().optional(),
  ...commonOptions,
});
export const autoTopUpOptions = z.object({
  below: z.string().optional(),
  amount: z.string().optional(),
  dayMax: z.string().optional(),
  off: z.boolean().optional(),
  ...commonOptions,
});

export async function createCheckout(
  accountId: string,
  usd: string,
  options: z.infer<typeof checkoutOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const amountNano = readCents("<usd>", usd, metering);
  const amount = metering.formatUsd(amountNano);
  const wanted = { accountId, amountNano, amount, saveMethod: options.saveMethod === true };
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { id, url } = await (isRemote(stack)
    ? askAdminApi(stack, wanted, options.returnUrl)
    : makePage(stack, wanted, options.returnUrl, context));
  if (options.json) terminal.print(JSON.stringify({ accountId, amount, id, url }));
  else {
    terminal.note(`Whoever pays $${amount} on this page tops up ${accountId}:`);
    terminal.print(url);
  }
}

interface Wanted {
  accountId: string;
  amountNano: bigint;
  /** The same, in decimals. */
  amount: string;
  saveMethod: boolean;
}

async function makePage(
  stack: FoundStack,
  { accountId, amountNano, amount, saveMethod }: Wanted,
  returnUrl: string | undefined,
  context: CommandContext,
): Promise<PaymentPage> {
  if (returnUrl === undefined) throw new CliError("--return-url <url> is needed: where the customer goes afterwards.");
  const stripe = readStripe(context);
  return withDatabase(stack, async (db) => {
    const { recordAudit } = await import("@tera/access");
    await findAccount(db, accountId);
    const page = await askStripe(stripe, (provider) =>
      provider.createCheckout({ accountId, amountNano, saveMethod, returnUrl }),
    );
    const object = { objectKind: "account", objectId: accountId, accountId };
    const after = { amount, saveMethod, page: page.id };
    await recordAudit(db, stack.auditActor, { action: "credit.checkout", ...object, after });
    return page;
  });
}

async function askAdminApi(
  stack: RemoteStack,
  { accountId, amount, saveMethod }: Wanted,
  returnUrl: string | undefined,
): Promise<PaymentPage> {
  refuseReturnUrl(returnUrl);
  const { paymentPageSchema } = await import("@tera/admin-api/billing");
  const path = `/accounts/${encodeURIComponent(accountId)}/checkout`;
  return (await openClient(stack)).send("POST", paymentPageSchema, path, { amount, saveMethod });
}

export async function setAutoTopUp(
  accountId: string,
  options: z.infer<typeof autoTopUpOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const setting = readSetting(options, metering);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const found = await withAccountStore(stack, async (store, books) => {
    const { kind } = await requireAccount(store, accountId);
    if (kind !== "prepaid") throw new CliError(`${accountId} is postpaid: it has no credit that could run out.`);
    if (options.off || setting !== undefined) await books.setTopUp(accountId, setting);
    return books.readTopUps(accountId);
  });
  const { setting: rule, methodSaved, ...state } = found;
  const shown = {
    accountId,
    ...(rule ?? { below: null, amount: null, dayMax: null }),
    ...state,
    methodSaved,
  };
  if (options.json) {
    terminal.print(JSON.stringify(shown));
    return;
  }
  if (shown.below === null) {
    terminal.print(`${accountId} is not topped up by itself.`);
    return;
  }
  terminal.print(`Below $${shown.below}, ${accountId} is charged $${shown.amount}, at most $${shown.dayMax} a day.`);
  const trouble = topUpTrouble(shown);
  if (trouble !== undefined) terminal.print(trouble);
  if (!shown.methodSaved) {
    terminal.note("No payment method is saved yet: one payment by `tera credit checkout --save-method` saves it.");
  }
}

type Metering = typeof import("@tera/metering");

/** @throws {CliError} */
function readSetting(options: z.infer<typeof autoTopUpOptions>, metering: Metering): AutoTopUpSetting | undefined {
  const { below, amount, dayMax, off } = options;
  if (below === undefined && amount === undefined && dayMax === undefined) return undefined;
  if (off) throw new CliError("--off goes without amounts.");
  if (below === undefined || amount === undefined) throw new CliError("--below and --amount are both needed.");
  const amountNano = readCents("--amount", amount, metering);
  const dayMaxNano = dayMax === undefined ? amountNano : readCents("--day-max", dayMax, metering);
  if (dayMaxNano < amountNano) throw new CliError("--day-max is less than --amount: nothing would be charged.");
  return { thresholdNano: readCents("--below", below, metering), amountNano, dayMaxNano };
}

/** @throws {CliError} */
function readCents(what: string, text: string, { parseUsd }: Metering): bigint {
  const nano = parseUsd(text);
  if (nano !== undefined && nano > 0n && nano % 10_000_000n === 0n) return nano;
  throw new CliError(
    `${what} must be an amount of USD in whole cents above 0, such as 25 or 12.50, and "${text}" is not.`,
  );
}
