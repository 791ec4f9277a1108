/** `tera invoices seller` and `buyer`: what invoices say of both sides. */
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { renderFields } from "../../terminal/fields.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { formatMoment } from "../moment.ts";
import { formatPercent, readPercent } from "../percent.ts";
import { readUsd, toBuyerJson } from "./invoice-text.ts";

const text = z.string().trim().min(1).max(1_000).optional();
const shared = z.object({
  name: text,
  address: text,
  taxId: text,
  email: text,
  taxRate: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const sellerOptions = shared.extend({
  paymentNote: text,
  dueDays: z.coerce.number().int().min(0).max(365).optional(),
});
export const buyerOptions = shared.extend({ lowBalance: z.string().optional() });

export async function setSeller(options: z.infer<typeof sellerOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { paymentNote, dueDays, taxRate } = options;
  const change = {
    ...readShared(options),
    ...(paymentNote === undefined ? {} : { paymentNote }),
    ...(dueDays === undefined ? {} : { dueDays }),
    ...(taxRate === undefined ? {} : { taxRateBasisPoints: readPercent("--tax-rate", taxRate) }),
  };
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const seller = await withInvoices(stack, context, (parties) =>
    Object.keys(change).length === 0 ? parties.seller() : parties.setSeller(change),
  );
  if (seller === undefined) {
    throw new CliError("Nobody has said who sells yet: begin with `tera invoices seller --name <name>`.");
  }
  const { taxRateBasisPoints, ...rest } = seller;
  const shown = { ...rest, taxRatePercent: formatPercent(taxRateBasisPoints) };
  const { address, paymentNote: note, dueDays: days, updatedAt } = seller;
  terminal.print(
    options.json
      ? JSON.stringify(shown)
      : renderFields(
          [
            ["Name", seller.name],
            ["Address", inOneLine(address)],
            ["Tax id", seller.taxId ?? unset],
            ["Email", seller.email ?? unset],
            ["Tax rate", `${shown.taxRatePercent}%`],
            ["Payment note", note ?? unset],
            ["Due after", `${days} days`],
            ["Set", formatMoment(updatedAt)],
          ],
          terminal.columns,
        ),
  );
}

export async function setBuyer(
  accountId: string,
  options: z.infer<typeof buyerOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { taxRate, lowBalance } = options;
  const change = {
    ...readShared(options),
    ...(taxRate === undefined
      ? {}
      : { taxRateBasisPoints: taxRate === "default" ? null : readPercent("--tax-rate", taxRate) }),
    ...(lowBalance === undefined
      ? {}
      : { lowBalanceNano: lowBalance === "none" ? null : readUsd("--low-balance", lowBalance, metering) }),
  };
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const buyer = await withInvoices(stack, context, async (parties, accounts) => {
    await requireAccount(accounts, accountId);
    return Object.keys(change).length === 0 ? parties.buyer(accountId) : parties.setBuyer(accountId, change);
  });
  const shown = { accountId, ...toBuyerJson(buyer, metering) };
  terminal.print(
    options.json
      ? JSON.stringify(shown)
      : renderFields(
          [
            ["Account", accountId],
            ["Name", shown.name ?? "the account's"],
            ["Address", inOneLine(shown.address)],
            ["Tax id", shown.taxId ?? unset],
            ["Email", shown.email ?? unset],
            ["Tax rate", shown.taxRatePercent === null ? "the seller's" : `${shown.taxRatePercent}%`],
            ["Low balance", shown.lowBalance === null ? "no notice" : `notice below $${shown.lowBalance}`],
          ],
          terminal.columns,
        ),
  );
}

function readShared({ name, address, taxId, email }: z.infer<typeof shared>) {
  return {
    ...(name === undefined ? {} : { name }),
    // A shell's quotes hold no line's end easily.
    ...(address === undefined ? {} : { address: address.replaceAll("\\n", "\n") }),
    ...(taxId === undefined ? {} : { taxId }),
    ...(email === undefined ? {} : { email }),
  };
}

const unset = "-";

function inOneLine(address: string | null): string {
  return address === null ? unset : address.replaceAll("\n", ", ");
}
