/** `tera keys`: what opens the API. */
import { type Command, Option } from "commander";
import { nameArgument } from "./arguments.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { revokeKey, revokeOptions, switchKey, switchOptions } from "./keys/close-key.ts";
import { createKey, createOptions } from "./keys/create-key.ts";
import { addSettingsOptions, expiryArgument } from "./keys/key-options.ts";
import { listKeys, listOptions } from "./keys/list-keys.ts";
import { overlapArgument, overlapDefaultMs, rotateKey, rotateOptions } from "./keys/rotate-key.ts";
import { setKey, setOptions } from "./keys/set-key.ts";
import { showKey, showOptions } from "./keys/show-key.ts";

const keyIdArgument = ["<key-id>", "as `tera keys list` shows it: key_..."] as const;

export function registerKeys(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("create, list, change, rotate and revoke API keys");
  keys.addHelpText(
    "after",
    `
Examples:
  tera keys create --name laptop
  tera keys create --name ci --model Qwen/Qwen2.5-7B-Instruct --expires 30d
  tera keys list
  tera keys set key_4f8Zs0aBcDeFgHiJ --budget-day 5
  tera keys revoke key_4f8Zs0aBcDeFgHiJ
`,
  );
  registerCreate(keys, context);
  registerReading(keys, context);
  registerChanging(keys, context);
  registerClosing(keys, context);
}

function registerCreate(keys: Command, context: CommandContext): void {
  const create = keys
    .command("create")
    .description("make a key; it is printed once, on stdout")
    .requiredOption("--name <name>", "what to call it in lists", nameArgument)
    .option("--account <id>", "account that is charged (default: the only one there is)")
    .option("--new-account <name>", "make a new account for it, postpaid", nameArgument);
  addSettingsOptions(create)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
Without a limit there is none. Without --class it is normal; without
--content-logging nothing of a prompt or an answer is kept.

Examples:
  tera keys create --name laptop
  KEY=$(tera keys create --name ci --expires 30d)
  tera keys create --name nightly --class low --new-account "Research"
  tera keys create --name app --budget-day 5 --budget-month 100 --concurrency 8
`,
    )
    .action(async (given: unknown) => createKey(createOptions.parse(given), context));
}

function registerReading(keys: Command, context: CommandContext): void {
  keys
    .command("list")
    .description("list the keys, newest first; never the keys themselves")
    .option("--account <id>", "only the keys of this account")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera keys list\n  tera keys list --json | jq '.[] | .id'\n")
    .action(async (given: unknown) => listKeys(listOptions.parse(given), context));

  keys
    .command("show")
    .description("show a key's settings, and what is spent and left of its budgets")
    .argument(...keyIdArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera keys show key_4f8Zs0aBcDeFgHiJ\n  tera keys show key_4f8Zs0aBcDeFgHiJ --json | jq .budgets\n",
    )
    .action(async (keyId: string, given: unknown) => showKey(keyId, showOptions.parse(given), context));
}

function registerChanging(keys: Command, context: CommandContext): void {
  const set = keys
    .command("set")
    .description("change a key; in effect everywhere within a second")
    .argument(...keyIdArgument)
    .option("--name <name>", "what to call it in lists", nameArgument);
  addSettingsOptions(set)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
What is not named stays as it was. A changed budget holds at once: what was
spent stays spent. Budgets are shared by all keys of a rotation.

Examples:
  tera keys set key_4f8Zs0aBcDeFgHiJ --budget-day 10 --budget-total none
  tera keys set key_4f8Zs0aBcDeFgHiJ --model all --address 203.0.113.0/24
`,
    )
    .action(async (keyId: string, given: unknown) => setKey(keyId, setOptions.parse(given), context));

  keys
    .command("rotate")
    .description("make a successor with the same settings; the old key lives on for a while")
    .argument(...keyIdArgument)
    .addOption(
      new Option("--overlap <time>", "how long: 30m, 24h, 7d, or 0")
        .argParser(overlapArgument)
        .default(overlapDefaultMs, "24h"),
    )
    .option("--expires <when>", "of the new key (default: as the old one's was)", expiryArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
Both keys share their budgets: rotating neither doubles nor renews them.

Examples:
  KEY=$(tera keys rotate key_4f8Zs0aBcDeFgHiJ --overlap 24h)
  tera keys rotate key_4f8Zs0aBcDeFgHiJ --overlap 0
`,
    )
    .action(async (keyId: string, given: unknown) => rotateKey(keyId, rotateOptions.parse(given), context));
}

function registerClosing(keys: Command, context: CommandContext): void {
  for (const [command, to, description] of [
    ["disable", "disabled", "refuse a key until it is enabled again; what is under way goes on"],
    ["enable", "enabled", "let a disabled key in again"],
  ] as const) {
    keys
      .command(command)
      .description(description)
      .argument(...keyIdArgument)
      .option(...jsonOption)
      .option(...dataDirOption)
      .option(...adminUrlOption)
      .addHelpText("after", `\nExamples:\n  tera keys ${command} key_4f8Zs0aBcDeFgHiJ\n`)
      .action(async (keyId: string, given: unknown) => switchKey(keyId, to, switchOptions.parse(given), context));
  }

  keys
    .command("revoke")
    .description("end a key for good; every gateway refuses it within a second")
    .argument(...keyIdArgument)
    .option("--yes", "do not ask")
    .option("--end-waiting", "end its requests that wait for a slot, with 401 (the default)")
    .option("--no-end-waiting", "let them go on")
    .option("--end-streams", "end also what runs: streams with an error; its cost until then is charged")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera keys revoke key_4f8Zs0aBcDeFgHiJ\n  tera keys revoke key_4f8Zs0aBcDeFgHiJ --yes --end-streams\n",
    )
    .action(async (keyId: string, given: unknown) => revokeKey(keyId, revokeOptions.parse(given), context));
}
