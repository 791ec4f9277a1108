/** `tera.worker.yaml`: which runners this worker drives. Every error names its line. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError, engineUrlProblem } from "@tera/protocol";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { usualPorts } from "./runners/discovery/usual-ports.ts";
import { engineNames } from "./runners/engines/engine-names.ts";
import { commandProblem, splitCommand } from "./runners/process/command-words.ts";
import { describeProblem, describeProblems, type WorkerFileText, wordIssue } from "./worker-file-problems.ts";

const defaultPath = "tera.worker.yaml";
const runnerId = z.string().regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _, . or -");
const slots = z.number().int().min(1).max(4_096);

/** What can be said of any server that speaks OpenAI's API, whoever starts it. */
const serverSettings = {
  id: runnerId.optional(),
  /** Sent as a Bearer token, for servers that want one. */
  apiKey: z.string().min(1).optional(),
  /** Which engine it is; by default found out from the pages that it has. */
  engine: z.enum(engineNames, { error: `must be one of ${engineNames.join(", ")}` }).optional(),
  /** What clients call a model, and what the engine calls it. When given, these are offered and no others. */
  models: z.record(z.string().min(1).max(256), z.string().min(1).max(1_024)).optional(),
  /** Requests it gets at once; by default what the engine says that it can take, else 32. */
  slots: slots.optional(),
  /** False: no small generation is ever run to see whether it works. */
  canary: z.boolean().optional(),
  /** True: the model's template has already opened a `<think>` block, and the engine leaves it in the text. */
  startsInReasoning: z.boolean().optional(),
};

const httpRunnerSchema = z.strictObject({
  kind: z.literal("http"),
  /** Address of an OpenAI-compatible server, with or without /v1. */
  url: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).superRefine((url, context) => {
    const problem = URL.canParse(url) ? engineUrlProblem(url) : undefined;
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }),
  ...serverSettings,
});

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, "must be a name of an environment variable");
const gpuHint = "must be numbers as nvidia-smi counts, or GPU-... or MIG-... ids";
const gpu = z.union([z.int().min(0).max(255), z.string().regex(/^(GPU|MIG)-[\w/-]{1,100}$/, gpuHint)], gpuHint);
const words = z.array(z.string().max(100_000)).max(1_000);

const processRunnerSchema = z
  .strictObject({
    kind: z.literal("process"),
    /** A line or a list of words; no shell reads it. `{port}` and `{host}` are filled in. */
    command: z.union([z.string(), words], "must be a line or a list of words").transform((given, context) => {
      if (typeof given !== "string") return given;
      try {
        return splitCommand(given);
      } catch (error) {
        context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    }),
    /** Laid over the worker's own environment, of which the server gets all but Tera's settings. */
    env: z
      .record(variableName, z.union([z.string(), z.number(), z.boolean()], "must be text").transform(String))
      .default({}),
    /** Relative to this file; by default where this file is. */
    workingDirectory: z.string().min(1).default("."),
    /** What it may use, as CUDA_VISIBLE_DEVICES; none: []. By default all. */
    gpus: z
      .array(gpu)
      .max(256)
      .refine((gpus) => new Set(gpus).size === gpus.length, "names one twice")
      .optional(),
    /** By default a free one, another after each start. */
    port: z.int().min(1).max(65_535).optional(),
    /** Until it must be healthy, download and compilation included. */
    startTimeoutSeconds: z.number().min(1).max(86_400).default(1_800),
    /** Between SIGTERM and SIGKILL. */
    stopTimeoutSeconds: z.number().min(0).max(300).default(10),
    ...serverSettings,
  })
  .superRefine(({ command, port }, context) => {
    const problem = commandProblem(command, port);
    if (problem !== undefined) context.addIssue({ code: "custom", path: ["command"], message: problem });
  });

const llamaRunnerSchema = z.strictObject({
  kind: z.literal("llama"),
  /** A GGUF file, relative to this file, or `hf:owner/repo[:quant]`. */
  model: z.string().min(1),
  /** The id that clients use; by default made from `model`. */
  name: z.string().min(1).max(256).optional(),
  id: runnerId.optional(),
  /** Sequences generated at once; each has the whole context length. */
  slots: slots.max(64).default(4),
  /** Tokens; by default what the model was trained for, if it fits. */
  contextLength: z.number().int().min(64).max(10_000_000).optional(),
  gpu: z.enum(["auto", "off", "cuda", "vulkan", "metal"]).default("auto"),
});

const runnerSchemas = [httpRunnerSchema, processRunnerSchema, llamaRunnerSchema] as const;
const workerFileSchema = z.strictObject({
  runners: z
    .array(
      z.discriminatedUnion("kind", runnerSchemas, {
        error: "kind must be http, process or llama",
      }),
    )
    .max(256)
    .superRefine((runners, context) => {
      const ports = new Set<number>();
      for (const [index, runner] of runners.entries()) {
        if (runner.kind !== "process" || runner.port === undefined) continue;
        if (ports.has(runner.port)) {
          context.addIssue({ code: "custom", path: [index, "port"], message: "is another process runner's port too" });
        }
        ports.add(runner.port);
      }
    })
    .default([]),
  /** Attach the engines found on the usual ports of this machine, or on these; by default only when no runner is named. */
  discover: z
    .union([z.boolean(), z.array(z.int().min(1).max(65_535)).max(64)], "must be true, false or a list of ports")
    .optional(),
});

export type HttpRunnerSettings = z.infer<typeof httpRunnerSchema> & { id: string };
export type LlamaRunnerSettings = z.infer<typeof llamaRunnerSchema> & { id: string; name: string };
export type ProcessRunnerSettings = Omit<
  z.infer<typeof processRunnerSchema>,
  "startTimeoutSeconds" | "stopTimeoutSeconds"
> & { id: string; startTimeoutMs: number; stopTimeoutMs: number };
export type RunnerSettings = HttpRunnerSettings | ProcessRunnerSettings | LlamaRunnerSettings;

export interface WorkerFile {
  /** Each with its id; paths are absolute. */
  runners: RunnerSettings[];
  /** Local ports to watch for engines. */
  discoverPorts: readonly number[];
}

/**
 * @param given a file that somebody named, which must be there; undefined: `tera.worker.yaml` in the working directory if there is one, else no runner is
 * named and the usual ports are watched.
 * @throws {ConfigError} with a line per problem, each `<file>:<line>: <what>`; also when the file cannot be read.
 */
export function readWorkerFile(given: string | undefined): WorkerFile {
  const path = given ?? defaultPath;
  if (given === undefined && !existsSync(path)) return { runners: [], discoverPorts: usualPorts };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(
      `${path}: cannot be read (${error instanceof Error && "code" in error ? error.code : error}). Set TERA_WORKER_CONFIG to the worker's file.`,
    );
  }
  return parseWorkerFile(text, path);
}

/** As `readWorkerFile`, with the text given. */
export function parseWorkerFile(text: string, path: string): WorkerFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const file = { path, document, lines };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const words = message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "");
      return `${path}:${lines.linePos(pos[0]).line}: ${words}`;
    });
    throw new ConfigError(problems.join("\n"));
  }
  const parsed = workerFileSchema.safeParse(document.toJS() ?? {}, { error: wordIssue });
  if (!parsed.success) {
    const known = (where: readonly PropertyKey[]) =>
      settingNames(where.length === 0 ? undefined : document.getIn([...where, "kind"]));
    throw new ConfigError(describeProblems(parsed.error.issues, file, known));
  }
  const { runners, discover = runners.length === 0 } = parsed.data;
  const discoverPorts = typeof discover === "boolean" ? (discover ? usualPorts : []) : discover;
  return { runners: nameRunners(runners, file), discoverPorts };
}

/** @param kind of a runner; undefined: of the file itself. */
function settingNames(kind: unknown): string[] {
  if (kind === undefined) return Object.keys(workerFileSchema.shape);
  const schema = runnerSchemas.find(({ shape }) => shape.kind.value === kind);
  return Object.keys(schema?.shape ?? {});
}

function nameRunners(runners: z.infer<typeof workerFileSchema>["runners"], file: WorkerFileText): RunnerSettings[] {
  const { path } = file;
  const taken = new Set<string>();
  return runners.map((runner, index): RunnerSettings => {
    const id = runner.id ?? freeId(runner.kind, taken);
    if (taken.has(id)) {
      throw new ConfigError(describeProblem(file, ["runners", index, "id"], `another runner has the id ${id} already`));
    }
    taken.add(id);
    if (runner.kind === "http") return { ...runner, id };
    if (runner.kind === "process") {
      const { startTimeoutSeconds, stopTimeoutSeconds, ...rest } = runner;
      return {
        ...rest,
        id,
        workingDirectory: resolve(dirname(path), runner.workingDirectory),
        startTimeoutMs: startTimeoutSeconds * 1_000,
        stopTimeoutMs: stopTimeoutSeconds * 1_000,
      };
    }
    const isRemote = runner.model.startsWith("hf:");
    const model = isRemote ? runner.model : resolve(dirname(path), runner.model);
    return { ...runner, id, model, name: runner.name ?? nameOf(runner.model) };
  });
}

function freeId(kind: string, taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(`${kind}-${number}`)) number++;
  return `${kind}-${number}`;
}

/** `hf:owner/repo:Q4_K_M` -> `owner/repo`; `dir/some-model.gguf` -> `some-model`. */
function nameOf(model: string): string {
  if (model.startsWith("hf:")) return model.slice(3).split(":")[0] ?? model;
  return (model.split(/[\\/]/).at(-1) ?? model).replace(/\.gguf$/i, "");
}
