/** What can be set of a model on the command line: the names of the fields, and what each value must be. */
import type { ModelChange, ModelField, ModelSettings } from "@tera/access";
import { inputModalities, isHuggingFaceId, modelFeatures, outputModalities, reasoningFields } from "@tera/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { suggest } from "../../terminal/suggest.ts";

/** Every field with its name on the command line, in the order in which it is shown. */
export const fieldNames: Readonly<Record<ModelField, string>> = {
  aliases: "aliases",
  name: "name",
  description: "description",
  huggingFaceId: "hugging-face-id",
  ownedBy: "owned-by",
  contextLength: "context-length",
  maxOutputLength: "max-output-length",
  inputModalities: "input-modalities",
  outputModalities: "output-modalities",
  quantization: "quantization",
  features: "features",
  reasoningField: "reasoning-field",
  alwaysListed: "always-listed",
};

/** What commander has parsed with the options below. */
export const settingsOptions = z.object({
  aliases: z.array(z.string()).optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  huggingFaceId: z.string().optional(),
  ownedBy: z.string().optional(),
  contextLength: z.number().optional(),
  maxOutputLength: z.number().optional(),
  inputModalities: z.array(z.enum(inputModalities)).optional(),
  outputModalities: z.array(z.enum(outputModalities)).optional(),
  quantization: z.string().optional(),
  features: z.array(z.enum(modelFeatures)).optional(),
  reasoningField: z.enum(reasoningFields).optional(),
  alwaysListed: z.boolean().optional(),
}) satisfies z.ZodType<ModelChange>;

/** What is set, for `--json`. @param set the fields that are. */
export function renderSettings(settings: ModelSettings | undefined, set: readonly ModelField[]): object {
  return Object.fromEntries(set.map((field) => [field, settings?.[field]]));
}

export function addSettingsOptions(command: Command): Command {
  return command
    .option("--aliases <list>", "other names to ask for it by, with commas", aliasesArgument)
    .option("--name <name>", "what people call it", oneLineOf(200))
    .option("--description <text>", "what it is good for, in a sentence or two", textOf(4_000))
    .option("--hugging-face-id <id>", "owner/name of its weights", huggingFaceIdArgument)
    .option("--owned-by <name>", "who made it", oneLineOf(200))
    .option("--context-length <tokens>", "tokens that prompt and answer may have together", tokensArgument)
    .option("--max-output-length <tokens>", "tokens that an answer may have", tokensArgument)
    .option("--input-modalities <list>", `of ${inputModalities.join(", ")}`, listOf("input modality", inputModalities))
    .option(
      "--output-modalities <list>",
      `of ${outputModalities.join(", ")}`,
      listOf("output modality", outputModalities),
    )
    .option("--quantization <name>", "such as bf16, fp8 or int4", oneLineOf(64))
    .option("--features <list>", `of ${modelFeatures.join(", ")}; or none`, featuresArgument)
    .addOption(
      new Option("--reasoning-field <name>", "where chat answers carry its reasoning").choices(reasoningFields),
    )
    .option("--always-listed", "list it also while no runner serves it")
    .option("--no-always-listed", "list it only while a runner serves it");
}

/** One more of the fields that a command names. @throws {InvalidArgumentError} naming the nearest. */
export function fieldArgument(name: string, earlier: readonly ModelField[] = []): ModelField[] {
  let field: ModelField;
  for (field in fieldNames) if (fieldNames[field] === name) return [...earlier, field];
  const names = Object.values(fieldNames);
  throw new InvalidArgumentError(suggest(name, names) ?? `It must be one of ${names.join(", ")}.`);
}

/** Longer ids cannot be asked for. */
const idLengthMax = 512;

export function idArgument(text: string): string {
  if (text.length > idLengthMax || !/^[^\s\p{Cc}]+$/u.test(text)) {
    throw new InvalidArgumentError(
      `It must be a model's id, such as Qwen/Qwen2.5-7B-Instruct: no spaces, at most ${idLengthMax} characters.`,
    );
  }
  return text;
}

function aliasesArgument(text: string): string[] {
  return [...new Set(text.split(",").map((name) => idArgument(name.trim())))];
}

function textOf(lengthMax: number) {
  return (text: string) => {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.length > lengthMax) {
      throw new InvalidArgumentError(`It must have 1 to ${lengthMax} characters.`);
    }
    return trimmed;
  };
}

function oneLineOf(lengthMax: number) {
  return (text: string) => {
    if (/\p{Cc}/u.test(text.trim())) throw new InvalidArgumentError("It must be one line of plain text.");
    return textOf(lengthMax)(text);
  };
}

function huggingFaceIdArgument(text: string): string {
  if (!isHuggingFaceId(text))
    throw new InvalidArgumentError("It must be owner/name, such as Qwen/Qwen2.5-7B-Instruct.");
  return text;
}

const tokensMax = 1_000_000_000;

function tokensArgument(text: string): number {
  const tokens = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (tokens < 1 || tokens > tokensMax) {
    throw new InvalidArgumentError(`It must be a whole number of tokens, 1 to ${tokensMax}, such as 32768.`);
  }
  return tokens;
}

/** @returns each once, in the order of `known`. */
function listOf<Word extends string>(what: string, known: readonly Word[]) {
  return (text: string): Word[] => {
    const words = text.split(",").map((word) => word.trim());
    for (const word of words) {
      if (known.some((each) => each === word)) continue;
      const suggestion = suggest(word, known);
      throw new InvalidArgumentError(
        `There is no ${what} "${word}". ${suggestion === undefined ? "" : `${suggestion} `}Known: ${known.join(", ")}.`,
      );
    }
    return known.filter((word) => words.includes(word));
  };
}

function featuresArgument(text: string) {
  return text.trim() === "none" ? [] : listOf("feature", modelFeatures)(text);
}
