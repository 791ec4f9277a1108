/** `tera accounts create`, `set`, `disable` and `enable`. */
import type { Account, AccountKind } from "@tera/database";
import { z } from "zod";
import { type FoundStack, findInstallation, type RemoteStack } from "../../stack/find-stack.ts";
import { withAccountStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { announce } from "../announce.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { limitOptions, readLimits } from "../limit-options.ts";
import { accountToJson } from "./render-account.ts";

export const accountKinds = ["prepaid", "postpaid"] as const satisfies readonly AccountKind[];

const commonOptions = { json: z.boolean().optional(), dataDir: z.string().optional(), url: z.string().optional() };
export const createOptions = z.object({
  name: z.string(),
  kind: z.enum(accountKinds),
  ...limitOptions,
  ...commonOptions,
});
export const setOptions = z.object({
  name: z.string().optional(),
  kind: z.enum(accountKinds).optional(),
  ...limitOptions,
  ...commonOptions,
});
export const switchOptions = z.object(commonOptions);

const noCredit = "It has no credit yet, so its requests get 402: `tera credit add` gives it some.";

export async function createAccount(options: z.infer<typeof createOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const account = await withAccountStore(stack, (store) =>
    store.createAccount({ name: options.name, kind: options.kind, ...readLimits(options) }),
  );
  if (options.json) {
    await printJson(account, {}, stack, context);
    return;
  }
  terminal.note(`Made ${account.kind} account ${account.id} (${oneLine(account.name)}).`);
  if (account.kind === "prepaid") terminal.note(noCredit);
  terminal.print(account.id);
}

export async function setAccount(
  accountId: string,
  options: z.infer<typeof setOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const { name, kind } = options;
  const named = namedOptions(options);
  if (named.length === 0) {
    throw new CliError("Nothing was named to be set. `tera accounts set --help` shows what can be.");
  }
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { formatUsd } = await import("@tera/metering");
  const account = await withAccountStore(stack, async (store) => {
    await requireAccount(store, accountId);
    const changed = await store.setAccount(accountId, { name, kind, ...readLimits(options) });
    if (changed.outcome === "unknown") throw new CliError(`${accountId} is gone.`);
    if (changed.outcome === "owes") {
      throw new CliError(
        `${accountId} owes ${formatUsd(changed.owedNano)} USD, and a prepaid account cannot be below zero. Book its payment first (\`tera credit add\`). Nothing was set.`,
      );
    }
    return changed.account;
  });
  const told = await announce(stack, context, { type: "account", accountId });
  if (options.json) await printJson(account, { gatewaysTold: told }, stack, context);
  else terminal.print(`Set ${named.join(", ")} of ${accountId} (${oneLine(account.name)}).`);
}

export async function switchAccount(
  accountId: string,
  to: "disabled" | "enabled",
  options: z.infer<typeof switchOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const account = await withAccountStore(stack, async (store) => {
    const before = await requireAccount(store, accountId);
    return (await (to === "disabled" ? store.disableAccount(accountId) : store.enableAccount(accountId))) ?? before;
  });
  const told = await announce(stack, context, { type: "account", accountId });
  if (options.json) await printJson(account, { gatewaysTold: told }, stack, context);
  else terminal.print(`${to === "disabled" ? "Disabled" : "Enabled"} ${accountId} (${oneLine(account.name)}).`);
}

function namedOptions(options: z.infer<typeof setOptions>): string[] {
  const names = {
    name: "name",
    kind: "kind",
    requestsPerMinute: "requests-per-minute",
    tokensPerMinute: "tokens-per-minute",
    concurrency: "concurrency",
  };
  const named: string[] = [];
  let field: keyof typeof names;
  for (field in names) if (options[field] !== undefined) named.push(names[field]);
  return named;
}

async function printJson(
  account: Account,
  more: object,
  stack: FoundStack | RemoteStack,
  { terminal }: CommandContext,
) {
  const { formatUsd } = await import("@tera/metering");
  const balance = await withAccountStore(stack, (_store, { ledger }) => ledger.balance(account.id));
  terminal.print(JSON.stringify({ ...accountToJson(account, balance, formatUsd), ...more }));
}
