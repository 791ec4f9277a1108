/** Where a long result goes: to stdout, or to a file that is there only when it is whole. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { CliError } from "./cli-error.ts";
import type { Terminal } from "./terminal.ts";

export interface Sink {
  /** @returns when it was taken; false: nobody reads any more. */
  write(data: string | Uint8Array): Promise<boolean>;
  /** All was written. */
  close(): Promise<void>;
  /** What was written is not whole. */
  discard(): Promise<void>;
}

/**
 * @param path undefined: stdout.
 * @throws {CliError} when the file cannot be written; so do the sink's functions.
 */
export async function openSink(
  path: string | undefined,
  { terminal, cwd }: { terminal: Terminal; cwd: string },
): Promise<Sink> {
  if (path !== undefined) return toFile(resolve(cwd, path));
  return { write: (data) => terminal.write(data), close: async () => undefined, discard: async () => undefined };
}

/** Written beside it first: a file of that name is a whole one. */
async function toFile(path: string): Promise<Sink> {
  const partPath = `${path}.part`;
  const file = createWriteStream(partPath);
  try {
    await once(file, "open");
  } catch (error) {
    throw new CliError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  // An error is told to whoever writes next, or closes.
  let failure: Error | undefined;
  file.on("error", (error) => {
    failure = error;
  });
  const check = () => {
    if (failure !== undefined) throw new CliError(`${path} cannot be written: ${failure.message}`, { cause: failure });
  };
  return {
    async write(data) {
      check();
      await new Promise<void>((resolve) => file.write(data, () => resolve()));
      check();
      return true;
    },
    async close() {
      file.end();
      await finished(file).catch(() => undefined);
      check();
      await rename(partPath, path);
    },
    async discard() {
      file.destroy();
      await rm(partPath, { force: true });
    },
  };
}
