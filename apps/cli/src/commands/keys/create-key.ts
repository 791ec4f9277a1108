/** `tera keys create`: a new key, shown once. */
import type { Account } from "@tera/database";
import { z } from "zod";
import type { CommandKeys } from "../../stack/command-stores.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { listMax } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { describeAccounts, requireAccount } from "../find-account.ts";
import { readSettings, settingsOptions } from "./key-options.ts";
import { noteUnservedModels } from "./note-unserved-models.ts";
import { keyToJson } from "./render-key.ts";

export const createOptions = settingsOptions.extend({
  name: z.string(),
  account: z.string().optional(),
  newAccount: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function createKey(options: z.infer<typeof createOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (options.account !== undefined && options.newAccount !== undefined) {
    throw new CliError("--account and --new-account exclude each other.");
  }
  const settings = await readSettings(options);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { account, made } = await withKeyStore(stack, async (keyStore) => {
    const account = await chooseAccount(keyStore, options);
    return { account, made: await keyStore.createKey({ accountId: account.id, name: options.name, ...settings }) };
  });
  const { apiKey, key } = made;
  await noteUnservedModels(key.modelScope ?? [], stack, context);
  if (account.disabledAt !== null) {
    terminal.note(`Account ${account.id} is disabled: no key of it opens anything until \`tera accounts enable\`.`);
  }
  if (options.json) {
    const { formatUsd } = await import("@tera/metering");
    terminal.print(JSON.stringify({ apiKey, ...keyToJson(key, formatUsd), accountName: account.name }));
    return;
  }
  terminal.note(`Made ${key.id} (${oneLine(key.name)}) for account ${account.id} (${oneLine(account.name)}).`);
  terminal.note("This is the only time that the key is shown:");
  terminal.print(apiKey);
}

async function chooseAccount(
  keyStore: CommandKeys,
  { account: accountId, newAccount }: { account?: string | undefined; newAccount?: string | undefined },
): Promise<Account> {
  if (newAccount !== undefined) return keyStore.createAccount({ name: newAccount, kind: "postpaid" });
  if (accountId !== undefined) return requireAccount(keyStore, accountId);
  const accounts = await keyStore.listAccounts(listMax);
  const [only] = accounts;
  if (only === undefined) {
    throw new CliError("There is no account yet: add --new-account <name> to make one with the key.");
  }
  if (accounts.length > 1) {
    throw new CliError(`There are several accounts: choose one with --account.\n${describeAccounts(accounts)}`);
  }
  return only;
}
