/** `tera batch create`: uploads a file of lines and makes a batch of it. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { type ApiBatch, batchSchema } from "../../api/batch-schema.ts";
import { findPublicApi } from "../../api/find-public-api.ts";
import { createPublicApi, type PublicApi } from "../../api/public-api.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { describeProblems, renderBar } from "./batch-text.ts";
import { waitForBatch } from "./wait-for-batch.ts";

/** Lines of a large file are written to Postgres meanwhile. */
const createTimeoutMs = 120_000;
const redrawMs = 100;

export const createBatchOptions = z.object({
  endpoint: z.string(),
  metadata: z.array(z.string()).optional(),
  wait: z.boolean().default(false),
  json: z.boolean().default(false),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function createBatch(
  path: string,
  options: z.infer<typeof createBatchOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metadata = parseMetadata(options.metadata);
  const absolute = resolve(context.cwd, path);
  const bytes = await sizeOf(absolute, path);
  const api = createPublicApi(await findPublicApi({ ...context, dataDir: options.dataDir, url: options.url }));
  const fileId = await upload(api, { path: absolute, bytes }, context);
  const body = {
    input_file_id: fileId,
    endpoint: options.endpoint,
    completion_window: "24h",
    ...(metadata === undefined ? {} : { metadata }),
  };
  const created = await api
    .ask(batchSchema, "/batches", { method: "POST", body, timeoutMs: createTimeoutMs })
    .catch(async (error: unknown) => {
      // Nobody knows this file's id: it would lie there until its time is over.
      await api.ask(z.unknown(), `/files/${encodeURIComponent(fileId)}`, { method: "DELETE" }).catch(() => undefined);
      throw error;
    });
  if (!options.json) terminal.print(created.id);
  const batch = options.wait ? await waitForBatch(api, created, context) : created;
  if (options.json) terminal.print(JSON.stringify(batch, null, 2));
  else if (!options.wait) terminal.note(`It runs. \`tera batch status ${batch.id} --wait\` shows how far it is.`);
  else if (batch.status === "failed") tellProblems(batch, terminal);
  else terminal.note(`\`tera batch fetch ${batch.id}\` writes what came of it.`);
}

function tellProblems(batch: ApiBatch, terminal: CommandContext["terminal"]): void {
  for (const [where, what] of describeProblems(batch)) terminal.note(where === "" ? what : `${where}: ${what}`);
  terminal.note("None of its lines was run. Mend the file, and create a batch of it again.");
}

async function upload(
  api: PublicApi,
  { path, bytes }: { path: string; bytes: number },
  { terminal }: CommandContext,
): Promise<string> {
  let drawnAtMs = 0;
  try {
    const file = await api.upload(path, basename(path), (sent) => {
      if (Date.now() - drawnAtMs < redrawMs) return;
      drawnAtMs = Date.now();
      terminal.redraw?.(`${renderBar(sent / bytes)}  uploading ${basename(path)}`);
    });
    return file.id;
  } finally {
    terminal.redraw?.("");
  }
}

function parseMetadata(entries: readonly string[] | undefined): Record<string, string> | undefined {
  if (entries === undefined) return undefined;
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      if (at < 1) throw new CliError(`--metadata ${entry}: write it as name=value.`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

async function sizeOf(absolute: string, path: string): Promise<number> {
  try {
    const found = await stat(absolute);
    if (!found.isFile()) throw new CliError(`${path} is no file.`);
    if (found.size === 0) throw new CliError(`${path} is empty.`);
    return found.size;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
