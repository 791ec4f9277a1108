/** `tera accounts list` and `show`: who is charged, what they have, and what they have spent. */
import type { KeySummary } from "@tera/access";
import type { Account } from "@tera/database";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withAccountStore, withKeyStore } from "../../stack/open-stack.ts";
import { renderFields } from "../../terminal/fields.ts";
import { renderTable } from "../../terminal/table.ts";
import { listMax } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { debtMeaning } from "../credit/money-text.ts";
import { describeTopUpField } from "../credit/top-up-text.ts";
import { requireAccount } from "../find-account.ts";
import { describeStatus, keyToJson } from "../keys/render-key.ts";
import { describeSpend } from "../keys/show-key.ts";
import { describeLimits } from "../limit-options.ts";
import { accountToJson, statusOf } from "./render-account.ts";

export const readOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function listAccounts(options: z.infer<typeof readOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { formatUsd } = await import("@tera/metering");
  const { accounts, balances } = await withAccountStore(stack, async (store, { ledger }) => {
    const accounts = await store.listAccounts(listMax);
    return { accounts, balances: await ledger.balances(accounts.map(({ id }) => id)) };
  });
  if (options.json) {
    terminal.print(
      JSON.stringify(accounts.map((account) => accountToJson(account, balances.get(account.id), formatUsd))),
    );
    return;
  }
  if (accounts.length === 0) {
    terminal.note("There is no account yet. Make one: tera accounts create --name Acme");
    return;
  }
  const table = renderTable<Account>(
    [
      { header: "ID", value: ({ id }) => id },
      { header: "NAME", value: ({ name }) => name, widthMin: 8 },
      { header: "KIND", value: ({ kind }) => kind },
      { header: "STATUS", value: statusOf },
      { header: "BALANCE (USD)", value: ({ id }) => formatUsd(balances.get(id)?.balanceNano ?? 0n) },
    ],
    accounts,
    terminal.columns,
  );
  terminal.print(table);
  if (accounts.length === listMax) terminal.note(`Only the oldest ${listMax} are shown.`);
}

export async function showAccount(
  accountId: string,
  options: z.infer<typeof readOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { formatUsd, noSpend, sumSpend } = await import("@tera/metering");
  const { account, keys, balance, spend, debtNano, topUps } = await withKeyStore(stack, async (keyStore, books) => {
    const account = await requireAccount(keyStore, accountId);
    return {
      account,
      keys: await keyStore.listKeys({ accountId, limit: listMax }),
      balance: await books.ledger.balance(accountId),
      spend: await books.spend.byKey(accountId),
      debtNano: await books.readDebtNano(accountId),
      topUps: await books.readTopUps(accountId),
    };
  });
  const all = sumSpend(spend.values());
  const { setting: _setting, methodSaved: _saved, ...topUpState } = topUps;
  if (options.json) {
    const spent = { day: formatUsd(all.dayNano), month: formatUsd(all.monthNano), total: formatUsd(all.totalNano) };
    terminal.print(
      JSON.stringify({
        ...accountToJson(account, balance, formatUsd),
        debtUsd: formatUsd(debtNano),
        autoTopUp: topUpState,
        spentUsd: spent,
        monthRequests: all.monthRequests,
        keys: keys.map((key) => ({
          ...keyToJson(key, formatUsd),
          monthSpentUsd: formatUsd((spend.get(key.id) ?? noSpend).monthNano),
        })),
      }),
    );
    return;
  }
  const { balanceNano = 0n, leasedNano = 0n, availableNano = 0n } = balance ?? {};
  const leased =
    leasedNano === 0n ? "" : `; ${formatUsd(leasedNano)} of it in leases of gateways, ${formatUsd(availableNano)} free`;
  const owes = account.kind === "postpaid" && balanceNano < 0n ? " (owed, until it is paid)" : "";
  terminal.print(
    renderFields(
      [
        ["Account", account.id],
        ["Name", account.name],
        ["Kind", account.kind === "prepaid" ? "prepaid: stops at zero" : "postpaid: gets an invoice every month"],
        ["Status", statusOf(account)],
        ["Balance", `${formatUsd(balanceNano)} ${account.currency}${owes}${leased}`],
        ...(debtNano === 0n ? [] : [["Debt", `${formatUsd(debtNano)} ${account.currency} (${debtMeaning})`] as const]),
        ...describeTopUpField(topUps),
        ["Spent", describeSpend(all, formatUsd)],
        ...describeLimits(account),
      ],
      terminal.columns,
    ),
  );
  if (keys.length === 0) {
    terminal.note(`It has no key yet. Make one: tera keys create --name laptop --account ${account.id}`);
    return;
  }
  const table = renderTable<KeySummary>(
    [
      { header: "KEY ID", value: (key) => key.id },
      { header: "NAME", value: (key) => key.name, widthMin: 8 },
      { header: "STATUS", value: describeStatus },
      { header: "THIS MONTH (USD)", value: (key) => formatUsd((spend.get(key.id) ?? noSpend).monthNano) },
    ],
    keys,
    terminal.columns,
  );
  terminal.print(`\n${table}`);
  if (keys.length === listMax) terminal.note(`Only its newest ${listMax} keys are shown.`);
}
