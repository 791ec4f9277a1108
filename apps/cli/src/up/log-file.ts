/** A child's log file: bounded (the file and one older one), and never a reason to fail, because a full disk is when logs matter least. */
import { createWriteStream, mkdirSync, renameSync, rmSync, statSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";

const fileSizeMaxBytes = 8 * 1_024 * 1_024;
/** While the disk is slow, lines beyond this are dropped. */
const pendingMaxBytes = 1_024 * 1_024;

export interface LogFile {
  write(line: string): void;
  close(): Promise<void>;
}

export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let size = sizeOf(path);
  let stream: WriteStream | undefined = append(path);

  function append(target: string): WriteStream {
    const opened = createWriteStream(target, { flags: "a", mode: 0o600 });
    opened.on("error", () => {
      stream = undefined;
    });
    return opened;
  }

  function rotate(): void {
    stream?.end();
    rmSync(`${path}.1`, { force: true });
    renameSync(path, `${path}.1`);
    size = 0;
    stream = append(path);
  }

  return {
    write(line) {
      if (!stream || stream.writableLength > pendingMaxBytes) return;
      if (size > fileSizeMaxBytes) rotate();
      const text = `${line}\n`;
      size += Buffer.byteLength(text);
      stream.write(text);
    },
    async close() {
      const last = stream;
      stream = undefined;
      if (last && !last.destroyed) await new Promise<void>((resolve) => void last.end(() => resolve()));
    },
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
