/** `tera models show`: what the runners say of a model, what the operator set, and what clients are told. */
import type { ModelField, ModelProfile } from "@tera/access";
import type { Model } from "@tera/database";
import { findServings, replicasOf, type Serving, type WorkerState } from "@tera/protocol";
import { z } from "zod";
import { type FoundStack, findInstallation, type RemoteStack } from "../../stack/find-stack.ts";
import { readWorkers, withModelStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { suggest } from "../../terminal/suggest.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { listMax } from "./list-models.ts";
import { fieldNames, renderSettings } from "./model-fields.ts";

export const showOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function showModel(
  id: string,
  options: z.infer<typeof showOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const models = await withModelStore(stack, (store) => store.listModels(listMax));
  const workers = await readWorkersIfAny(stack, context);
  const servings = findServings(workers ?? []);
  const settings = models.find((model) => model.id === id);
  const own = servings.get(id) ?? [];
  if (settings === undefined && own.length === 0) {
    const known = [...servings.keys(), ...models.map((model) => model.id)];
    const otherwise = "`tera models list` shows those that are.";
    throw new CliError(`No runner names ${id}, and nothing is set of it. ${suggest(id, known) ?? otherwise}`);
  }
  const { describeModel, fieldsSet } = await import("@tera/access");
  const replicas = replicasOf(own);
  const fromRunners = replicas.length === 0 ? undefined : describeModel(id, replicas, undefined);
  const result = describeModel(id, replicas, settings);
  const set = settings === undefined ? [] : fieldsSet(settings);
  if (options.json) {
    const operator = renderSettings(settings, set);
    const runners = own.map(({ workerId, runner, model, slots }) => ({
      workerId,
      runnerId: runner.id,
      state: runner.state,
      ready: slots > 0,
      model,
    }));
    terminal.print(
      JSON.stringify({ id, runners: workers && runners, fromRunners: fromRunners ?? null, operator, result }),
    );
    return;
  }
  terminal.print(renderFields({ fromRunners, settings, set, result }, terminal.columns));
  if (workers !== null) terminal.print(`\n${describeServings(own, result)}`);
}

/** Without Redis there is still what the operator set. @returns null when Redis is away. */
async function readWorkersIfAny(
  stack: FoundStack | RemoteStack,
  { terminal }: CommandContext,
): Promise<WorkerState[] | null> {
  try {
    return await readWorkers(stack);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.note(`What the runners say is not shown: ${error.message}`);
    return null;
  }
}

interface Sources {
  fromRunners: ModelProfile | undefined;
  settings: Model | undefined;
  set: readonly ModelField[];
  result: ModelProfile;
}

/** Other names, where reasoning goes, and what is listed: no runner has a say in it. */
function isOperatorsAlone(field: ModelField): boolean {
  return field === "aliases" || field === "reasoningField" || field === "alwaysListed";
}

interface Row {
  field: string;
  runners: string;
  set: string;
  result: string;
}

function renderFields({ fromRunners, settings, set, result }: Sources, terminalColumns: number): string {
  const rows: Row[] = [];
  let field: ModelField;
  for (field in fieldNames) {
    rows.push({
      field: fieldNames[field],
      runners: isOperatorsAlone(field) ? "" : show(fromRunners?.[field]),
      set: set.includes(field) ? show(settings?.[field]) : "",
      result: show(result[field]),
    });
  }
  rows.push({
    field: "sampling parameters",
    runners: show(fromRunners?.samplingParameters),
    set: "",
    result: show(result.samplingParameters),
  });
  return renderTable<Row>(
    [
      { header: "FIELD", value: (row) => row.field },
      { header: "RUNNERS SAY", value: (row) => row.runners, widthMin: 11 },
      { header: "SET BY HAND", value: (row) => row.set, widthMin: 11 },
      { header: "CLIENTS SEE", value: (row) => row.result, widthMin: 16 },
    ],
    rows,
    terminalColumns,
  );
}

function show(value: string | number | boolean | readonly string[] | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return value.length === 0 ? "none" : value.join(", ");
  return String(value);
}

function describeServings(servings: readonly Serving[], { alwaysListed }: ModelProfile): string {
  const places = servings.map(({ workerId, runner, slots }) => {
    const state = slots === 0 && runner.state === "ready" ? "draining" : runner.state;
    return `${oneLine(runner.id)} on ${oneLine(workerId)} (${state})`;
  });
  if (servings.some(({ slots }) => slots > 0)) return `Served by ${places.join(", ")}.`;
  const who = places.length === 0 ? "No runner serves it" : `No runner is ready to serve it: ${places.join(", ")}`;
  return `${who}. Requests get 503, and it is ${alwaysListed ? "listed all the same" : "not listed"}.`;
}
