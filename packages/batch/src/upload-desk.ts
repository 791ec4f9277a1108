/** Takes in what is uploaded for batches: only so many files at once, because each holds a part of itself in memory and its sender may be slow, and of an account only so much. */
import { TeraError } from "@tera/protocol";
import { checkUpload, type UploadRules } from "./check-upload.ts";
import type { FileStore, Upload } from "./file-store.ts";

/** Files that arrive at once, here. */
const openMax = 16;
const openPerAccountMax = 4;
const retryAfterS = 5;

export interface UploadDesk {
  /**
   * @returns all of it, checked, and nobody's until it is kept.
   * @throws {TeraError} `rate_limit_exceeded`, `queue_full`: too many at once; `body_too_large`; `invalid_request`, naming the first line that is none.
   */
  take(accountId: string, source: AsyncIterable<Uint8Array>): Promise<Upload>;
}

export interface UploadDeskOptions {
  files: Pick<FileStore, "upload" | "countBytes">;
  rules: UploadRules;
}

export function createUploadDesk({ files, rules }: UploadDeskOptions): UploadDesk {
  /** Files that arrive now, by account. */
  const open = new Map<string, number>();
  let openInAll = 0;

  function enter(accountId: string): () => void {
    const ofAccount = open.get(accountId) ?? 0;
    if (ofAccount >= openPerAccountMax) {
      throw new TeraError(
        "rate_limit_exceeded",
        `${openPerAccountMax} files of this account are being uploaded. Wait until one of them is there.`,
        { retryAfterS },
      );
    }
    if (openInAll >= openMax)
      throw new TeraError("queue_full", "Too many files are being uploaded. Try again shortly.", { retryAfterS });
    open.set(accountId, ofAccount + 1);
    openInAll++;
    return () => {
      openInAll--;
      const left = (open.get(accountId) ?? 0) - 1;
      if (left > 0) open.set(accountId, left);
      else open.delete(accountId);
    };
  }

  /** Files that arrive at once are each measured against what is there already. */
  async function* within(kept: number, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = kept;
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > rules.accountMaxBytes) {
        throw new TeraError(
          "body_too_large",
          `The files of an account may have ${rules.accountMaxBytes} bytes together, and this one's have ${kept}. Delete some that are not needed any more.`,
          { param: "file" },
        );
      }
      yield piece;
    }
  }

  return {
    async take(accountId, source) {
      const leave = enter(accountId);
      try {
        const kept = await files.countBytes(accountId);
        return await files.upload(within(kept, checkUpload(source, rules)));
      } finally {
        leave();
      }
    },
  };
}
