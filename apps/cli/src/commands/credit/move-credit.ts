/** `tera credit add`, `refund` and `adjust`: money that comes and goes other than by usage. */
import type { CreditMove } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withAccountStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import { confirm } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { dollars, signedUsd, toBalanceJson } from "./money-text.ts";

export const moveOptions = z.object({
  reason: z.string().trim().min(1),
  reference: z.string().trim().min(1).optional(),
  yes: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

/** add: a payment came in. refund: money was paid back. adjust: a gift, or a correction by hand, either way. */
export type MoveKind = "add" | "refund" | "adjust";

/** @param usd as it was typed. */
export async function moveCredit(
  kind: MoveKind,
  accountId: string,
  usd: string,
  options: z.infer<typeof moveOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const amountNano = readAmount(kind, usd, metering);
  const { reason, reference } = options;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  await withAccountStore(stack, async (store, { ledger }) => {
    const account = await requireAccount(store, accountId);
    const name = `${account.id} (${oneLine(account.name)})`;
    if (amountNano < 0n && !options.yes) {
      await confirm(terminal, `Take $${metering.formatUsd(-amountNano)} from ${name}?`);
    }
    const move = { add: ledger.topUp, refund: ledger.refund, adjust: ledger.adjust }[kind];
    const wanted: CreditMove = {
      accountId: account.id,
      amountNano,
      author: authorOf(context.environment),
      reason,
      reference,
    };
    const booked = await move(wanted).catch(async (error: unknown) => {
      const { isDataRefused } = await import("@tera/database");
      const balance = isDataRefused(error) ? await ledger.balance(account.id) : undefined;
      if (balance === undefined) throw error;
      if (amountNano > 0n) {
        throw new CliError(`${name} would have more than can be kept. Nothing was booked.`, { cause: error });
      }
      throw new CliError(
        `${name} has ${dollars(metering.formatUsd(balance.availableNano))} available, which is less. Nothing was booked.`,
        { cause: error },
      );
    });
    const balance = toBalanceJson(await ledger.balance(account.id), metering);
    if (options.json) {
      terminal.print(
        JSON.stringify({
          accountId: account.id,
          amount: metering.formatUsd(amountNano),
          booked: booked !== undefined,
          ledgerTransactionId: booked === undefined ? null : String(booked),
          ...balance,
        }),
      );
      return;
    }
    terminal.print(
      booked === undefined
        ? `"${oneLine(reference ?? "")}" was booked before: nothing was changed.`
        : `Booked ${signedUsd(amountNano, metering)} for ${name}.`,
    );
    terminal.print(`Balance: ${dollars(balance.balance)}, available: ${dollars(balance.available)}`);
  });
}

/** @returns nano-USD; negative: from the account. @throws {CliError} */
function readAmount(kind: MoveKind, usd: string, { parseUsd }: typeof import("@tera/metering")): bigint {
  const nano = parseUsd(usd.replace(/^\+/, ""));
  if (nano === undefined || nano === 0n) {
    throw new CliError(`The amount must be USD with at most nine decimals, such as 25 or 12.50, and "${usd}" is not.`);
  }
  if (kind === "adjust") return nano;
  if (nano < 0n) throw new CliError("The amount must be positive: `tera credit adjust` goes either way.");
  return kind === "refund" ? -nano : nano;
}
