/** `tera keys list`: every key with its state, never a key itself. */
import type { KeySummary } from "@tera/access";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { renderTable } from "../../terminal/table.ts";
import { listMax } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { describeStatus, keyToJson } from "./render-key.ts";

export const listOptions = z.object({
  account: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function listKeys(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { keys, accounts } = await withKeyStore(stack, async (keyStore) => {
    if (options.account !== undefined) await requireAccount(keyStore, options.account);
    const keys = await keyStore.listKeys({ accountId: options.account, limit: listMax });
    return { accounts: await keyStore.listAccounts(listMax), keys };
  });
  if (options.json) {
    const { formatUsd } = await import("@tera/metering");
    terminal.print(JSON.stringify(keys.map((key) => keyToJson(key, formatUsd))));
    return;
  }
  if (keys.length === 0) {
    terminal.note("There is no key yet. Make one: tera keys create --name laptop");
    return;
  }
  const accountNames = new Map(accounts.map(({ id, name }) => [id, name]));
  const severalAccounts = new Set(keys.map(({ accountId }) => accountId)).size > 1;
  const table = renderTable<KeySummary>(
    [
      { header: "ID", value: (key) => key.id },
      { header: "NAME", value: (key) => key.name, widthMin: 8 },
      ...(severalAccounts
        ? [
            {
              header: "ACCOUNT",
              value: (key: KeySummary) => accountNames.get(key.accountId) ?? key.accountId,
              widthMin: 7,
            },
          ]
        : []),
      { header: "KEY", value: (key) => `…${key.lastFour}` },
      { header: "STATUS", value: (key) => describeStatus(key) },
      { header: "MODELS", value: (key) => key.modelScope?.join(", ") ?? "all", widthMin: 6 },
    ],
    keys,
    terminal.columns,
  );
  terminal.print(table);
  if (keys.length === listMax) terminal.note(`Only the newest ${listMax} are shown: narrow it with --account.`);
}
