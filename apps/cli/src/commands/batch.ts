/** `tera batch`: many requests in one file, for half the haste. It speaks the public API, as its customers do. */
import type { Command } from "commander";
import { collect, countArgument, urlArgument } from "./arguments.ts";
import { createBatch, createBatchOptions } from "./batch/create-batch.ts";
import { fetchBatch, fetchOptions } from "./batch/fetch-batch.ts";
import {
  batchOptions,
  cancelBatch,
  listBatches,
  listBatchOptions,
  showBatch,
  statusOptions,
} from "./batch/watch-batches.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";

const batchIdArgument = ["<batch-id>", "as `tera batch list` shows it: batch_..."] as const;
const urlOption = [
  "--url <url>",
  "base URL of the API, with the key in TERA_API_KEY (default: TERA_BASE_URL)",
] as const;
const waitOption = ["--wait", "wait for its end; exit code 1 unless every line was answered"] as const;

export function registerBatch(program: Command, context: CommandContext): void {
  const batch = program.command("batch").description("run files of requests on slots that live requests leave free");
  batch.addHelpText(
    "after",
    `
Beside a running \`tera up\` nothing need be set. Elsewhere, name the API and a key:
  export TERA_BASE_URL=https://tera.example.com/v1 TERA_API_KEY=sk-...

Examples:
  tera batch create lines.jsonl --wait
  tera batch fetch batch_4f8Zs0aBcDeFgHiJ --output answers.jsonl --errors failed.jsonl
`,
  );
  const add = (name: string, description: string) => batch.command(name).description(description);
  const addShared = (command: Command) =>
    command
      .option(...jsonOption)
      .option(...dataDirOption)
      .option(...urlOption, urlArgument);

  addShared(
    add("create", "upload a file and make a batch of it; its id is printed on stdout")
      .argument("<file>", "a request per line: {custom_id, method, url, body}")
      .option("--endpoint <path>", "where its lines go", "/v1/chat/completions")
      .option("--metadata <name=value>", "kept with the batch; may be repeated", collect)
      .option(...waitOption),
  )
    .addHelpText(
      "after",
      `
Examples:
  tera batch create lines.jsonl --metadata run=7
  tera batch create lines.jsonl --endpoint /v1/completions --wait
`,
    )
    .action(async (file: string, given: unknown) => createBatch(file, createBatchOptions.parse(given), context));

  addShared(
    add("list", "list the batches of the key's account, newest first").option(
      "--limit <count>",
      "how many at most",
      countArgument,
      20,
    ),
  )
    .addHelpText("after", "\nExamples:\n  tera batch list\n  tera batch list --json | jq -r '.[].id'\n")
    .action(async (given: unknown) => listBatches(listBatchOptions.parse(given), context));

  addShared(
    add("status", "show how far a batch is, what it costs, and what is wrong with it")
      .argument(...batchIdArgument)
      .option(...waitOption),
  )
    .addHelpText("after", "\nExamples:\n  tera batch status batch_4f8Zs0aBcDeFgHiJ --wait\n")
    .action(async (id: string, given: unknown) => showBatch(id, statusOptions.parse(given), context));

  addShared(add("cancel", "begin no more of a batch's lines; those that run end").argument(...batchIdArgument))
    .addHelpText("after", "\nExamples:\n  tera batch cancel batch_4f8Zs0aBcDeFgHiJ\n")
    .action(async (id: string, given: unknown) => cancelBatch(id, batchOptions.parse(given), context));

  addShared(
    add("fetch", "write what came of a batch that has ended")
      .argument(...batchIdArgument)
      .option("--output <file>", "for the lines that were answered; - is stdout, as without both options")
      .option("--errors <file>", "for the others, and why"),
  )
    .addHelpText(
      "after",
      `
Exit code 1 when no line was answered.

Examples:
  tera batch fetch batch_4f8Zs0aBcDeFgHiJ --output answers.jsonl --errors failed.jsonl
  tera batch fetch batch_4f8Zs0aBcDeFgHiJ | jq -r .response.body.choices[0].message.content
`,
    )
    .action(async (id: string, given: unknown) => fetchBatch(id, fetchOptions.parse(given), context));
}
