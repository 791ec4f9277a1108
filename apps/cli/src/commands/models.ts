/** `tera models`: the catalog, as runners and operator make it. */
import type { ModelField } from "@tera/access";
import type { Command } from "commander";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { setModel, setOptions, unsetModel, unsetOptions } from "./models/change-model.ts";
import { listModels, listOptions } from "./models/list-models.ts";
import { addSettingsOptions, fieldArgument, idArgument } from "./models/model-fields.ts";
import { showModel, showOptions } from "./models/show-model.ts";

export function registerModels(program: Command, context: CommandContext): void {
  const models = program.command("models").description("list the models, and say what their runners do not");
  models.addHelpText(
    "after",
    `
Examples:
  tera models list
  tera models show Qwen/Qwen2.5-7B-Instruct
  tera models set Qwen/Qwen2.5-7B-Instruct --features tools,json_mode
  tera models unset Qwen/Qwen2.5-7B-Instruct features
`,
  );

  models
    .command("list")
    .description("list every model, with how many runners serve it and what was set by hand")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera models list\n  tera models list --json | jq -r '.[].id'\n")
    .action(async (given: unknown) => listModels(listOptions.parse(given), context));

  models
    .command("show")
    .description("show what the runners say of a model, what was set by hand, and what clients see")
    .argument("<model>", "as `tera models list` shows it", idArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera models show tera/tera-nano\n  tera models show tera/tera-nano --json | jq .result\n",
    )
    .action(async (id: string, given: unknown) => showModel(id, showOptions.parse(given), context));

  addSettingsOptions(
    models
      .command("set")
      .description("say something of a model over what its runners say; in effect everywhere within a second")
      .argument("<model>", "what clients call it", idArgument),
  )
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
A <list> is separated by commas. What is not named stays as it was;
\`tera models unset\` gives it back to the runners.

Examples:
  tera models set Qwen/Qwen2.5-VL-7B-Instruct --input-modalities text,image
  tera models set my-org/my-model --context-length 32768 --always-listed
  tera models set deepseek-ai/DeepSeek-R1 --reasoning-field both
`,
    )
    .action(async (id: string, given: unknown) => setModel(id, setOptions.parse(given), context));

  models
    .command("unset")
    .description("take back what was set of a model: the fields that are named, or all")
    .argument("<model>", "as `tera models list` shows it", idArgument)
    .argument("[fields...]", "names as in `tera models set`: features, context-length, ...", fieldArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera models unset my-org/my-model features context-length\n  tera models unset my-org/my-model\n",
    )
    .action(async (id: string, fields: ModelField[] | undefined, given: unknown) =>
      unsetModel(id, fields ?? [], unsetOptions.parse(given), context),
    );
}
