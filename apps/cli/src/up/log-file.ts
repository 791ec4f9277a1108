/**
 * A child's log file: bounded (the file and one older one), and never a reason to fail, because a full disk is when logs matter least.
 * Written synchronously: `tera up` has nothing else to do, and what a child said last is in the file when it is asked for.
 */
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const fileSizeMaxBytes = 8 * 1_024 * 1_024;

export interface LogFile {
  write(line: string): void;
  close(): void;
}

export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let file: number | undefined = openSync(path, "a", 0o600);

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  function rotate(): void {
    close();
    renameSync(path, `${path}.1`);
    file = openSync(path, "a", 0o600);
    size = 0;
  }

  return {
    write(line) {
      if (file === undefined) return;
      try {
        if (size > fileSizeMaxBytes) rotate();
        size += writeSync(file, `${line}\n`);
      } catch {
        // No space, or somebody removed the directory: the rest of this run goes unlogged.
        close();
      }
    },
    close,
  };
}
