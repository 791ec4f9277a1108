/** `tera keys`: make, list and revoke API keys. */
import type { KeyStore, KeySummary } from "@tera/access";
import type { Account } from "@tera/database";
import { laneClasses } from "@tera/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { findStack } from "../stack/find-stack.ts";
import { tellGateways, withKeyStore } from "../stack/open-stack.ts";
import { CliError } from "../terminal/cli-error.ts";
import { suggest } from "../terminal/suggest.ts";
import { oneLine, renderTable } from "../terminal/table.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { parseExpiry } from "./expiry.ts";

/** A list longer than this is cut, and says so. */
const listMax = 1_000;

const createOptions = z.object({
  name: z.string(),
  account: z.string().optional(),
  newAccount: z.string().optional(),
  model: z.array(z.string()).optional(),
  expires: z.date().optional(),
  class: z.enum(laneClasses),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});
const listOptions = z.object({
  account: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});
const revokeOptions = z.object({
  yes: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});

export function registerKeys(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("create, list and revoke API keys");
  keys.addHelpText(
    "after",
    `
Examples:
  tera keys create --name laptop
  tera keys create --name ci --model Qwen/Qwen2.5-7B-Instruct --expires 30d
  tera keys list
  tera keys revoke key_4f8Zs0aBcDeFgHiJ
`,
  );

  keys
    .command("create")
    .description("make a key; it is printed once, on stdout")
    .requiredOption("--name <name>", "what to call it in lists", nameArgument)
    .option("--account <id>", "account that is charged (default: the only one there is)")
    .option("--new-account <name>", "make a new account for it", nameArgument)
    .option("--model <id>", "let it use this model only (repeatable; default: all)", collect)
    .option("--expires <when>", "a date (2027-01-31) or a time from now (12h, 30d, 8w)", expiryArgument)
    .addOption(
      new Option("--class <class>", "which requests go first when slots are short")
        .choices(laneClasses)
        .default("normal"),
    )
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      `
Examples:
  tera keys create --name laptop
  KEY=$(tera keys create --name ci --expires 30d)
  tera keys create --name nightly --class low --new-account "Research"
`,
    )
    .action(async (given: unknown) => createKey(createOptions.parse(given), context));

  keys
    .command("list")
    .description("list the keys, newest first; never the keys themselves")
    .option("--account <id>", "only the keys of this account")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText("after", "\nExamples:\n  tera keys list\n  tera keys list --json | jq '.[] | .id'\n")
    .action(async (given: unknown) => listKeys(listOptions.parse(given), context));

  keys
    .command("revoke")
    .description("end a key for good; every gateway refuses it within a second")
    .argument("<key-id>", "as `tera keys list` shows it: key_...")
    .option("--yes", "do not ask")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera keys revoke key_4f8Zs0aBcDeFgHiJ\n  tera keys revoke key_4f8Zs0aBcDeFgHiJ --yes\n",
    )
    .action(async (keyId: string, given: unknown) => revokeKey(keyId, revokeOptions.parse(given), context));
}

async function createKey(options: z.infer<typeof createOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (options.account !== undefined && options.newAccount !== undefined) {
    throw new CliError("--account and --new-account exclude each other.");
  }
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  await withKeyStore(stack, async (keyStore) => {
    const account = await chooseAccount(keyStore, options);
    const { apiKey, key } = await keyStore.createKey({
      accountId: account.id,
      name: options.name,
      expiresAt: options.expires,
      modelScope: options.model,
      laneClass: options.class,
    });
    if (options.json) {
      terminal.print(JSON.stringify({ apiKey, ...key, accountName: account.name }));
      return;
    }
    terminal.note(`Made ${key.id} (${oneLine(key.name)}) for account ${account.id} (${oneLine(account.name)}).`);
    terminal.note("This is the only time that the key is shown:");
    terminal.print(apiKey);
  });
}

async function chooseAccount(
  keyStore: KeyStore,
  { account: accountId, newAccount }: { account?: string | undefined; newAccount?: string | undefined },
): Promise<Account> {
  if (newAccount !== undefined) return keyStore.createAccount({ name: newAccount, kind: "postpaid" });
  const accounts = await keyStore.listAccounts(listMax);
  if (accountId !== undefined) {
    const found = await keyStore.findAccount(accountId);
    if (found === undefined) throw unknownId("account", accountId, accounts, listAccounts(accounts));
    return found;
  }
  const [only] = accounts;
  if (only === undefined) {
    throw new CliError("There is no account yet: add --new-account <name> to make one with the key.");
  }
  if (accounts.length > 1) {
    throw new CliError(`There are several accounts: choose one with --account.\n${listAccounts(accounts)}`);
  }
  return only;
}

function listAccounts(accounts: readonly Account[]): string {
  return accounts
    .slice(0, 10)
    .map(({ id, name }) => `  ${id}  ${oneLine(name)}`)
    .join("\n");
}

async function listKeys(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const { keys, accounts } = await withKeyStore(stack, async (keyStore) => {
    const accounts = await keyStore.listAccounts(listMax);
    if (options.account !== undefined && !(await keyStore.findAccount(options.account))) {
      throw unknownId("account", options.account, accounts, listAccounts(accounts));
    }
    return { accounts, keys: await keyStore.listKeys({ accountId: options.account, limit: listMax }) };
  });
  if (options.json) {
    terminal.print(JSON.stringify(keys.map((key) => ({ ...key, status: statusOf(key) }))));
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

async function revokeKey(
  keyId: string,
  options: z.infer<typeof revokeOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const revoked = await withKeyStore(stack, async (keyStore) => {
    const key = await keyStore.findKey(keyId);
    if (key === undefined) {
      const known = await keyStore.listKeys({ limit: listMax });
      throw unknownId("key", keyId, known, "`tera keys list` shows them all.");
    }
    if (key.revokedAt !== null) return { key, before: true };
    if (!options.yes) await confirmRevocation(key, context);
    return { key: (await keyStore.revokeKey(keyId)) ?? key, before: false };
  });
  const told = await tellGateways(stack, { type: "key", keyId });
  if (options.json)
    terminal.print(JSON.stringify({ ...revoked.key, status: statusOf(revoked.key), gatewaysTold: told === undefined }));
  else if (revoked.before) terminal.print(`${keyId} was revoked before (${revoked.key.revokedAt?.toISOString()}).`);
  else terminal.print(`Revoked ${keyId} (${oneLine(revoked.key.name)}).`);
  if (told !== undefined) {
    terminal.note(`The gateways could not be told, and may accept the key for another two minutes: ${told}`);
  }
}

async function confirmRevocation(key: KeySummary, { terminal }: CommandContext): Promise<void> {
  if (!terminal.interactive) {
    throw new CliError("Revoking cannot be undone, and there is no terminal to ask on: add --yes to do it.");
  }
  const answer = await terminal.ask(
    `Revoke ${key.id} (${oneLine(key.name)}, …${key.lastFour})? It cannot be undone. [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("Nothing was revoked.");
}

function unknownId(what: string, id: string, known: readonly { id: string }[], otherwise: string): CliError {
  const suggestion = suggest(
    id,
    known.map((each) => each.id),
  );
  return new CliError(`There is no ${what} ${id}. ${suggestion ?? otherwise}`);
}

function statusOf(key: KeySummary): "active" | "revoked" | "expired" {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && key.expiresAt <= new Date() ? "expired" : "active";
}

function describeStatus(key: KeySummary): string {
  const status = statusOf(key);
  const day = key.expiresAt?.toISOString().slice(0, 10);
  return status === "active" && day !== undefined ? `until ${day}` : status;
}

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

function nameArgument(text: string): string {
  const name = text.trim();
  if (name === "" || name.length > 200) throw new InvalidArgumentError("It must have 1 to 200 characters.");
  return name;
}

function expiryArgument(text: string): Date {
  const date = parseExpiry(text, new Date());
  if (date === undefined)
    throw new InvalidArgumentError("It must be a date (2027-01-31) or a time from now (12h, 30d, 8w), and lie ahead.");
  return date;
}
