/** What may be uploaded for a batch: looked at while it passes, so that nobody waits for the end of a file that is refused. */
import { TeraError } from "@tera/protocol";
import { parseRequestLine } from "./request-line.ts";
import { createLineScanner, type LineLimits, type ScannedLine } from "./scan-lines.ts";

export interface UploadRules {
  fileMaxBytes: number;
  /** Of all files of an account together. */
  accountMaxBytes: number;
  limits: LineLimits;
  /** Milliseconds that a file is kept whose owner does not say. */
  retentionMs: number;
}

/**
 * Passes on what is a file for a batch, and no more than may be.
 * @throws {TeraError} `body_too_large`; `invalid_request`, naming the first line that is none.
 */
export async function* checkUpload(
  source: AsyncIterable<Uint8Array>,
  { fileMaxBytes, limits }: Pick<UploadRules, "fileMaxBytes" | "limits">,
): AsyncGenerator<Uint8Array> {
  const scanner = createLineScanner(limits);
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    checkSize(bytes, fileMaxBytes);
    scanner.push(piece).forEach(checkLine);
    yield piece;
  }
  scanner.end().forEach(checkLine);
  if (bytes === 0) throw new TeraError("invalid_request", "The file is empty.", { param: "file" });
}

/** @throws {TeraError} `body_too_large` */
export function checkSize(bytes: number, fileMaxBytes: number): void {
  if (bytes <= fileMaxBytes) return;
  throw new TeraError("body_too_large", `A file may have ${fileMaxBytes} bytes. Split it into several.`, {
    param: "file",
  });
}

function checkLine({ number, text }: ScannedLine): void {
  try {
    parseRequestLine(text);
  } catch (error) {
    if (!(error instanceof TeraError)) throw error;
    throw new TeraError("invalid_request", `Line ${number}: ${error.message}.`, { param: "file" });
  }
}
