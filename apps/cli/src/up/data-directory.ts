/**
 * The data directory of `tera up` (`.tera/`, for its owner only): what is where, who holds it, and the small files in it.
 *
 * postgres/ redis/ models/ logs/; secret: under which keys are hashed; first-key: the key that is printed; worker.yaml: the worker's file; stack.json: the running
 * stack, for the other commands; lock.
 */
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type DirectoryLock, EmbeddedError, lockDirectory } from "@tera/embedded";
import { z } from "zod";
import { UpError } from "./up-error.ts";

/** stack.json: there while a stack runs, and after one that was killed. */
const stackSchema = z.object({
  pid: z.number().int().positive(),
  api: z.string(),
  /** `http://localhost:8788`; absent: there is none. */
  dashboard: z.string().optional(),
  databaseUrl: z.string(),
  redisUrl: z.string(),
  pids: z.record(z.string(), z.number().int().positive()),
});
export type Stack = z.infer<typeof stackSchema>;

export interface DataDirectory {
  readonly path: string;
  /** The path of a file or directory in it. */
  at(...names: string[]): string;
  /** @returns undefined when the file is not there. */
  read(name: string): Promise<string | undefined>;
  /** For its owner only, whole or not at all. */
  write(name: string, content: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Lets the next one in. */
  release(): void;
}

/** @throws {UpError} when another stack runs in it, or it cannot be written. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const lock = await takeLock(path);
  const at = (...names: string[]) => join(path, ...names);
  return {
    path,
    at,
    read: (name) => readIfThere(at(name)),
    async write(name, content) {
      const temporary = at(`${name}.new`);
      const file = await open(temporary, "w", 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, at(name));
    },
    remove: (name) => rm(at(name), { force: true }),
    release: () => lock.release(),
  };
}

/** @returns what stack.json says, or undefined when it is not there or not readable. */
export async function readStack(dataDirectory: string): Promise<Stack | undefined> {
  const text = await readIfThere(join(dataDirectory, "stack.json"));
  if (text === undefined) return undefined;
  try {
    return stackSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function takeLock(path: string): Promise<DirectoryLock> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
    return lockDirectory(path);
  } catch (error) {
    if (error instanceof EmbeddedError) {
      const stack = await readStack(path);
      const who = stack ? ` (process ${stack.pid}, ${stack.api})` : "";
      throw new UpError(
        `Tera already runs on the data directory ${path}${who}: use it, stop it, or choose another one with --data-dir.`,
        { cause: error },
      );
    }
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "EEXIST" || code === "ENOTDIR") {
      throw new UpError(`The data directory ${path} cannot be used (${code}): choose another one with --data-dir.`, {
        cause: error,
      });
    }
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
