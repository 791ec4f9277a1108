/** A key may well be scoped to a model before its runner starts; but the id may also be mistyped. */
import type { FoundStack, RemoteStack } from "../../stack/find-stack.ts";
import { readServedModels } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { suggest } from "../../terminal/suggest.ts";
import type { CommandContext } from "../context.ts";

/** Says nothing where it cannot be asked. */
export async function noteUnservedModels(
  models: readonly string[],
  stack: FoundStack | RemoteStack,
  { terminal }: CommandContext,
): Promise<void> {
  if (models.length === 0) return;
  try {
    const served = await readServedModels(stack);
    for (const model of models) {
      if (served.includes(model)) continue;
      terminal.note(`No connected runner serves ${model}. ${suggest(model, served) ?? ""}`.trimEnd());
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
  }
}
