/** `tera credit show` and `ledger`: what an account has, and how it came to that. */
import type { LedgerLine } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withAccountStore } from "../../stack/open-stack.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { formatMoment } from "../moment.ts";
import { debtMeaning, dollars, signedUsd, toBalanceJson } from "./money-text.ts";

const commonOptions = { json: z.boolean().optional(), dataDir: z.string().optional(), url: z.string().optional() };
export const showCreditOptions = z.object(commonOptions);
export const ledgerOptions = z.object({ limit: z.number(), before: z.bigint().optional(), ...commonOptions });

export async function showCredit(
  accountId: string,
  options: z.infer<typeof showCreditOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  await withAccountStore(stack, async (store, books) => {
    const account = await requireAccount(store, accountId);
    const balance = toBalanceJson(await books.ledger.balance(account.id), metering);
    const debt = metering.formatUsd(await books.readDebtNano(account.id));
    if (options.json) {
      const { id: accountId, name, kind } = account;
      terminal.print(JSON.stringify({ accountId, name, kind, ...balance, debt }));
      return;
    }
    terminal.print(`${account.id} (${oneLine(account.name)}), ${account.kind}`);
    terminal.print(`Balance:    ${dollars(balance.balance)}`);
    terminal.print(`In leases:  ${dollars(balance.leased)}  (held by gateways for requests that run)`);
    terminal.print(`Available:  ${dollars(balance.available)}`);
    if (debt !== "0") terminal.print(`Debt:       ${dollars(debt)}  (${debtMeaning})`);
    if (account.kind === "postpaid")
      terminal.print("It is postpaid: a negative balance is what it owes, and stops nothing.");
  });
}

export async function listLedger(
  accountId: string,
  options: z.infer<typeof ledgerOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { limit, before } = options;
  const lines = await withAccountStore(stack, async (store, { ledger }) => {
    const account = await requireAccount(store, accountId);
    return ledger.list({ accountId: account.id, limit, before });
  });
  const last = lines.at(-1);
  const next = last !== undefined && lines.length === limit && last.seq > 1n ? String(last.seq) : null;
  if (options.json) {
    terminal.print(JSON.stringify({ transactions: lines.map((line) => toLineJson(line, metering)), before: next }));
    return;
  }
  if (lines.length === 0) {
    terminal.note("Nothing is booked for it yet.");
    return;
  }
  const { formatUsd } = metering;
  terminal.print(
    renderTable<LedgerLine>(
      [
        { header: "NO.", value: ({ seq }) => String(seq) },
        { header: "TIME", value: ({ createdAt }) => formatMoment(createdAt) },
        { header: "KIND", value: ({ kind }) => kind },
        { header: "CREDIT", value: ({ entries }) => signedUsd(sumOf(entries, "credit"), metering) },
        {
          header: "BOOKS",
          value: ({ entries }) =>
            entries
              .filter(({ book }) => book !== "credit")
              .map(({ book, amountNano }) => `${book} ${formatUsd(amountNano)}`)
              .join(", "),
          widthMin: 12,
        },
        { header: "BY", value: ({ author }) => author, widthMin: 8 },
        {
          header: "REASON",
          value: ({ reason, reference }) => (reference === null ? reason : `${reason} (${reference})`),
          widthMin: 12,
        },
      ],
      lines,
      terminal.columns,
    ),
  );
  if (next !== null) terminal.note(`Earlier ones: tera credit ledger ${accountId} --before ${next}`);
}

function sumOf(entries: LedgerLine["entries"], book: string): bigint {
  return entries.reduce((sum, entry) => (entry.book === book ? sum + entry.amountNano : sum), 0n);
}

function toLineJson(
  { id, seq, createdAt, entries, ...line }: LedgerLine,
  { formatUsd }: typeof import("@tera/metering"),
) {
  return {
    id: String(id),
    seq: String(seq),
    ...line,
    createdAt: createdAt.toISOString(),
    entries: entries.map(({ book, amountNano }) => ({ book, amount: formatUsd(amountNano) })),
  };
}
