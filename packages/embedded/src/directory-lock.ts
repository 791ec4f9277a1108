/**
 * One owner at a time for a data directory.
 *
 * The lock is an exclusive SQLite transaction on an empty file: Node has no flock of its own, and SQLite brings one. The kernel lets go of it however the
 * process ends, so that there is no stale lock to judge and no process id that could have been reused. Works between processes and within one.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EmbeddedError } from "./embedded-error.ts";

export interface DirectoryLock {
  release(): void;
}

/**
 * @param directory must exist.
 * @throws {EmbeddedError} when another process, or another part of this one, holds it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const database = new DatabaseSync(join(directory, "lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
      throw new EmbeddedError(`The data directory ${directory} is in use by another process.`, { cause: error });
    }
    throw error;
  }
  return { release: () => database.close() };
}

/** SQLITE_BUSY of https://www.sqlite.org/rescode.html. */
const sqliteBusy = 5;
