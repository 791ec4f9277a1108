/** `tera batch fetch`: what came of a batch, streamed to a file or to stdout. */
import { z } from "zod";
import { type ApiBatch, hasEnded } from "../../api/batch-schema.ts";
import type { PublicApi } from "../../api/public-api.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { openSink } from "../../terminal/sink.ts";
import type { CommandContext } from "../context.ts";
import { count } from "./batch-text.ts";
import { batchOptions, findBatch, openApi } from "./watch-batches.ts";

export const fetchOptions = batchOptions.extend({ output: z.string().optional(), errors: z.string().optional() });
type FetchOptions = z.infer<typeof fetchOptions>;

const stdout = "-";

interface Fetched {
  file: string;
  bytes: number;
}

/** @throws {CliError} while the batch runs: its files are written at its end. */
export async function fetchBatch(id: string, options: FetchOptions, context: CommandContext): Promise<void> {
  const { terminal, setExitCode } = context;
  const { errors } = options;
  const output = options.output ?? (errors === undefined ? stdout : undefined);
  if (output === stdout && errors === stdout) throw new CliError("Only one of --output and --errors can be stdout.");
  if (options.json && (output === stdout || errors === stdout)) {
    throw new CliError("With --json stdout tells what was written: name files with --output and --errors.");
  }
  const api = await openApi(options, context);
  const batch = await findBatch(api, id);
  if (!hasEnded(batch)) {
    throw new CliError(
      `${batch.id} is ${batch.status}: what came of it is there when it has ended. \`tera batch status ${batch.id} --wait\` waits for that.`,
    );
  }
  const written = {
    output: await fetchPart(output, batch.output_file_id),
    errors: await fetchPart(errors, batch.error_file_id),
  };
  if (options.json) terminal.print(JSON.stringify(written, null, 2));
  if (output !== undefined && written.output === null) {
    terminal.note(`No line of ${batch.id} was answered: ${describeWhy(batch)}`);
    setExitCode(1);
  }
  if (errors !== undefined && written.errors === null && written.output !== null) terminal.note("No line failed.");
  if (errors === undefined && batch.error_file_id) {
    terminal.note(`Not all lines were answered: add --errors <file> for those, and why.`);
  }

  async function fetchPart(path: string | undefined, fileId: string | null | undefined): Promise<Fetched | null> {
    if (path === undefined || !fileId) return null;
    const bytes = await save(api, fileId, path === stdout ? undefined : path, context);
    if (path !== stdout) terminal.note(`${path}: ${count(bytes)} bytes`);
    return { file: path, bytes };
  }
}

/** @returns how many bytes it was. */
async function save(
  api: PublicApi,
  fileId: string,
  path: string | undefined,
  context: CommandContext,
): Promise<number> {
  const sink = await openSink(path, context);
  let bytes = 0;
  try {
    for await (const piece of api.download(fileId)) {
      // `| head` has seen enough.
      if (!(await sink.write(piece))) break;
      bytes += piece.length;
    }
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
  return bytes;
}

function describeWhy({ id, status, error_file_id: errorFileId }: ApiBatch): string {
  if (errorFileId) return "add --errors <file> for the reasons.";
  return `it is ${status}. \`tera batch status ${id}\` says why.`;
}
