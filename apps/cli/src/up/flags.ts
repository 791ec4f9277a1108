/** The flags of `tera up`, checked before anything is started. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { engineUrlProblem } from "@tera/protocol";
import { z } from "zod";
import { UpError } from "./up-error.ts";

/** The clone: apps/cli/src/up is four rooms down. */
export const workspaceRoot = resolve(import.meta.dirname, "..", "..", "..", "..");
export const defaultDataDirectory = join(workspaceRoot, ".tera");

export interface UpFlags {
  /** 0: any free port. */
  port: number;
  host: string;
  /** 0: any free port; undefined: no dashboard. */
  dashboardPort: number | undefined;
  /** Absolute. */
  dataDirectory: string;
  /** Look for engines on local ports, and attach them instead of `runners`. */
  discover: boolean;
  runners: readonly RunnerChoice[];
  json: boolean;
}

/** A runner as the worker's file has it; paths are absolute. */
export type RunnerChoice = { kind: "llama"; model: string; name?: string } | { kind: "http"; url: string };

/** What clients call it. */
export const bundledModelName = "tera/tera-nano";
const bundledModel: RunnerChoice = {
  kind: "llama",
  model: join(workspaceRoot, "models", "tera-nano", "tera-nano.gguf"),
  name: bundledModelName,
};

const portSchema = z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.number().max(65_535));

/** What commander hands over; a flag that was not given is absent. */
const rawSchema = z.object({
  port: portSchema,
  /** `--no-dashboard` gives false. */
  dashboard: z.boolean().default(true),
  dashboardPort: portSchema,
  host: z.string().min(1),
  dataDir: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  /** `--runner` gives the URLs, `--no-runner` false. */
  runner: z.union([z.array(z.url({ protocol: /^https?$/ })), z.literal(false)]).optional(),
  demo: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** @throws {UpError} naming the flag that is wrong. */
export function parseUpFlags(raw: unknown, cwd: string): UpFlags {
  const parsed = rawSchema.safeParse(raw);
  if (!parsed.success) throw new UpError(parsed.error.issues.map(describeIssue).join(" "));
  const { port, host, dashboard, dashboardPort, dataDir, model, runner, demo = false, json } = parsed.data;
  const chosen = [model && "--model", runner && "--runner", runner === false && "--no-runner", demo && "--demo"];
  const [first, second] = chosen.filter((flag) => typeof flag === "string");
  // A model and engines can be served together; nothing else can.
  if (second !== undefined && !(model !== undefined && runner && !demo)) {
    throw new UpError(`${first} and ${second} exclude each other.`);
  }
  return {
    port,
    host,
    dashboardPort: dashboard ? dashboardPort : undefined,
    dataDirectory: dataDir === undefined ? defaultDataDirectory : resolve(cwd, dataDir),
    discover: first === undefined,
    runners: runner === false ? [] : chooseRunners(model, runner ?? [], cwd),
    json: json ?? false,
  };
}

/** @throws {UpError} */
function checkEngineUrl(url: string): RunnerChoice {
  const problem = engineUrlProblem(url);
  if (problem !== undefined) throw new UpError(`--runner ${problem}.`);
  return { kind: "http", url };
}

function chooseRunners(model: string | undefined, urls: readonly string[], cwd: string): RunnerChoice[] {
  const engines = urls.map(checkEngineUrl);
  if (model !== undefined) return [{ kind: "llama", model: checkModel(model, cwd) }, ...engines];
  return engines.length > 0 ? engines : [bundledModel];
}

function checkModel(model: string, cwd: string): string {
  if (model.startsWith("hf:")) {
    if (/^hf:[\w.-]+\/[\w.-]+(:[\w.-]+)?$/.test(model)) return model;
    throw new UpError(`--model ${model} is not of the form hf:owner/repo or hf:owner/repo:quant.`);
  }
  const path = resolve(cwd, model);
  if (!existsSync(path))
    throw new UpError(`There is no model file ${path} (--model takes a GGUF file or hf:owner/repo).`);
  return path;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0]).replace("dataDir", "data-dir").replace("dashboardPort", "dashboard-port");
  if (name === "runner") return "--runner takes the http:// or https:// address of an OpenAI-compatible server.";
  return `--${name}: ${issue.message}.`;
}
