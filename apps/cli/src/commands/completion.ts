/**
 * `tera completion <shell>`: completes commands and options, from the same definitions that the help is made of, and ids of keys, accounts, models and prices, which are looked up
 * in Postgres, or through an Admin API, and of batches, which the public API lists. Where that does not answer at once there are none: a shell that waits, or prints an error into the line being typed, is worse.
 */
import root from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import type { IdKind, KnownId } from "@tera/database/known-ids";
import type { Argument, Command, Option } from "commander";
import { findPublicApi } from "../api/find-public-api.ts";
import { findInstallation, isRemote } from "../stack/find-stack.ts";
import { oneLine } from "../terminal/table.ts";
import type { CommandContext } from "./context.ts";

const lookUpTimeoutMs = 300;

/** To be called last: it reads the commands that are there. */
export function registerCompletion(program: Command, context: CommandContext): void {
  tab(program, { completionCommandName: "completion" });
  const named = (name: string) => program.commands.find((command) => command.name() === name);
  named("completion")
    ?.description("print the script that makes your shell complete `tera`")
    .addHelpText(
      "after",
      `
Examples:
  bash:  source <(tera completion bash)   (needs the bash-completion package)
  zsh:   source <(tera completion zsh)
  fish:  tera completion fish | source
`,
    );
  // What the printed script calls, with the words of the line so far.
  named("complete")?.hook("preAction", (_, complete) => offerIds(program, complete.args, context));
}

async function offerIds(program: Command, words: readonly string[], context: CommandContext): Promise<void> {
  const place = findPlace(program, words);
  const kind = place === undefined ? undefined : kindOf(place);
  if (place === undefined || kind === undefined) return;
  const ids = await lookUp(kind, words, context);
  const command = root.commands.get(place.path.join(" "));
  const target =
    place.option === undefined
      ? command?.arguments.get(place.argument?.name() ?? "")
      : command?.options.get(place.option.long?.slice(2) ?? "");
  if (target === undefined) return;
  target.handler = (offer) => {
    for (const { id, name } of ids) offer(id, oneLine(name));
  };
}

/** Where the word that is being typed stands: it is the value of an option, or an argument. */
interface Place {
  path: string[];
  option?: Option | undefined;
  argument?: Argument | undefined;
}

function findPlace(program: Command, words: readonly string[]): Place | undefined {
  const path: string[] = [];
  let command = program;
  let option: Option | undefined;
  let position = 0;
  for (const word of words.slice(0, -1)) {
    if (option !== undefined) {
      option = undefined;
    } else if (word.startsWith("-")) {
      option = command.options.find((each) => each.required && [each.long, each.short].includes(word));
    } else {
      const next = position === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (next === undefined) {
        position++;
      } else {
        command = next;
        path.push(word);
      }
    }
  }
  if (option !== undefined) return { path, option };
  return words.at(-1)?.startsWith("-") ? undefined : { path, argument: command.registeredArguments[position] };
}

type Kind = IdKind | "batch";

const argumentKinds: Readonly<Record<string, Kind>> = {
  "batch-id": "batch",
  "key-id": "key",
  "account-id": "account",
  account: "account",
  model: "model",
};
const optionKinds: Readonly<Record<string, IdKind>> = {
  "--key <id>": "key",
  "--account <id>": "account",
  "--model <id>": "model",
  "--price <id>": "price",
};

function kindOf({ option, argument }: Place): Kind | undefined {
  return option === undefined ? argumentKinds[argument?.name() ?? ""] : optionKinds[option.flags];
}

async function lookUp(kind: Kind, words: readonly string[], context: CommandContext): Promise<KnownId[]> {
  const givenTo = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const prefix = words.at(-1) ?? "";
  try {
    if (kind === "batch") {
      const api = await findPublicApi({ ...context, dataDir: givenTo("--data-dir"), url: givenTo("--url") });
      const { findBatchIds } = await import("../api/batch-ids.ts");
      return await findBatchIds(api, prefix, lookUpTimeoutMs);
    }
    const stack = await findInstallation({ ...context, dataDir: givenTo("--data-dir"), url: givenTo("--url") });
    if (isRemote(stack)) {
      const { createAdminClient } = await import("../remote/admin-client.ts");
      const { findRemoteIds } = await import("../remote/remote-ids.ts");
      return await findRemoteIds(createAdminClient(stack.remote), kind, prefix);
    }
    if (stack.databaseUrl === undefined) return [];
    const { findKnownIds } = await import("@tera/database/known-ids");
    return await findKnownIds({ url: stack.databaseUrl, kind, prefix, timeoutMs: lookUpTimeoutMs });
  } catch {
    // Nobody asked for anything: what is wrong is said by the command itself.
    return [];
  }
}
