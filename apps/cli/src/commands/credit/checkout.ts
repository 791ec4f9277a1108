/** `tera credit checkout` and `auto-top-up`: payments by a provider (Stripe), on a page of its own or by themselves. */
import type { AutoTopUpSetting } from "@tera/metering";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { findAccount } from "../find-account.ts";
import { askStripe, readStripe } from "../stripe.ts";
import { describeTopUps, topUpTrouble } from "./top-up-text.ts";

const commonOptions = { json: z.boolean().optional(), dataDir: z.string().optional() };
export const checkoutOptions = z.object({
  returnUrl: z.string(),
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
  const stripe = readStripe(context);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  await withDatabase(stack, (db) => findAccount(db, accountId));
  const { id, url } = await askStripe(stripe, (provider) =>
    provider.createCheckout({
      accountId,
      amountNano,
      saveMethod: options.saveMethod === true,
      returnUrl: options.returnUrl,
    }),
  );
  if (options.json) terminal.print(JSON.stringify({ accountId, amount: metering.formatUsd(amountNano), id, url }));
  else {
    terminal.note(`Whoever pays $${metering.formatUsd(amountNano)} on this page tops up ${accountId}:`);
    terminal.print(url);
  }
}

export async function setAutoTopUp(
  accountId: string,
  options: z.infer<typeof autoTopUpOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const setting = readSetting(options, metering);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const found = await withDatabase(stack, async (db) => {
    const { kind } = await findAccount(db, accountId);
    if (kind !== "prepaid") throw new CliError(`${accountId} is postpaid: it has no credit that could run out.`);
    const store = metering.createAutoTopUpStore({ db });
    if (options.off) await store.clear(accountId);
    if (setting !== undefined) await store.set(accountId, setting);
    return store.find(accountId);
  });
  const { setting: rule, ...state } = describeTopUps(found, metering);
  const shown = {
    accountId,
    ...(rule ?? { below: null, amount: null, dayMax: null }),
    ...state,
    methodSaved: found.method !== undefined,
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
