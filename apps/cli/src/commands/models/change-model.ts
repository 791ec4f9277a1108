/** `tera models set` and `unset`: what the operator says of a model. */

import type { ModelChange, ModelField } from "@tera/access";
import { z } from "zod";
import { type FoundStack, findInstallation, type RemoteStack } from "../../stack/find-stack.ts";
import { readServedModels, withModelStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { suggest } from "../../terminal/suggest.ts";
import { announce } from "../announce.ts";
import type { CommandContext } from "../context.ts";
import { listMax } from "./list-models.ts";
import { fieldNames, renderSettings, settingsOptions } from "./model-fields.ts";

const commonOptions = { json: z.boolean().optional(), dataDir: z.string().optional(), url: z.string().optional() };
export const setOptions = settingsOptions.extend(commonOptions);
export const unsetOptions = z.object(commonOptions);

export async function setModel(
  id: string,
  { json, dataDir, url, ...change }: z.infer<typeof setOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const named = fieldsOf(change);
  if (named.length === 0) {
    throw new CliError("Nothing was named to be set. `tera models set --help` shows what can be.");
  }
  const stack = await findInstallation({ ...context, dataDir, url });
  const { fieldsSet } = await import("@tera/access");
  const model = await withModelStore(stack, async (store) => {
    const before = await store.findModel(id);
    requireLengthsThatFit(
      change.contextLength ?? before?.contextLength ?? undefined,
      change.maxOutputLength ?? before?.maxOutputLength ?? undefined,
    );
    return store.setModel(id, change);
  }).catch((error: unknown) => {
    throw error instanceof Error && error.name === "AliasTakenError" ? new CliError(error.message) : error;
  });
  const told = await announce(stack, context, { type: "catalog" });
  if (json) {
    const operator = renderSettings(model, model === undefined ? [] : fieldsSet(model));
    terminal.print(JSON.stringify({ id, operator, gatewaysTold: told }));
  } else {
    terminal.print(`Set ${listNames(named)} of ${id}.`);
  }
  if (told) await noteUnserved(id, model?.alwaysListed === true, stack, context);
}

export async function unsetModel(
  id: string,
  fields: readonly ModelField[],
  { json, dataDir, url }: z.infer<typeof unsetOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir, url });
  const { fieldsSet } = await import("@tera/access");
  const { unset, after } = await withModelStore(stack, async (store) => {
    const before = await store.findModel(id);
    if (before === undefined) {
      const known = (await store.listModels(listMax)).map((model) => model.id);
      throw new CliError(`Nothing is set of ${id}. ${suggest(id, known) ?? "`tera models list` shows what is."}`);
    }
    const set = fieldsSet(before);
    const unset = fields.length === 0 ? set : set.filter((field) => fields.includes(field));
    if (unset.length === 0) {
      throw new CliError(`${capitalised(listNames(fields))} of ${id} is not set. What is: ${listNames(set)}.`);
    }
    return { unset, after: await store.unsetModel(id, unset) };
  });
  const left = after === undefined ? [] : fieldsSet(after);
  const told = await announce(stack, context, { type: "catalog" });
  if (json) {
    terminal.print(JSON.stringify({ id, unset, operator: renderSettings(after, left), gatewaysTold: told }));
  } else {
    const still = left.length === 0 ? "Nothing is set of it any more." : `Still set: ${listNames(left)}.`;
    terminal.print(`Unset ${listNames(unset)} of ${id}. ${still}`);
  }
}

function fieldsOf(change: ModelChange): ModelField[] {
  const fields: ModelField[] = [];
  let field: ModelField;
  for (field in fieldNames) if (change[field] !== undefined) fields.push(field);
  return fields;
}

function listNames(fields: readonly ModelField[]): string {
  return fields.map((field) => fieldNames[field]).join(", ");
}

/** Both as they will be: one may have been set before. */
function requireLengthsThatFit(contextLength: number | undefined, maxOutputLength: number | undefined): void {
  if (contextLength === undefined || maxOutputLength === undefined || maxOutputLength <= contextLength) return;
  throw new CliError(
    `An answer of ${maxOutputLength} tokens does not fit into a context of ${contextLength}: lower --max-output-length, or raise --context-length. Nothing was set.`,
  );
}

/** A model may well be described before its runner starts; but its id may also be mistyped. */
async function noteUnserved(
  id: string,
  alwaysListed: boolean,
  stack: FoundStack | RemoteStack,
  { terminal }: CommandContext,
): Promise<void> {
  const served = await readServedModels(stack);
  if (served.includes(id)) return;
  const listing = alwaysListed ? "it is listed all the same" : "it is not listed until one does";
  terminal.note(`No connected runner serves ${id}: ${listing}. ${suggest(id, served) ?? ""}`.trimEnd());
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
