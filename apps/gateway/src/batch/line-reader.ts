/**
 * Reads lines out of input files. Lines that run at the same time are neighbours, so what is read is kept for them, in blocks, for a little while: a line costs no query
 * of its own. Bounded: some blocks, whatever files there are.
 */
import type { FileStore, RunningLine } from "@tera/batch";
import type { File } from "@tera/database";
import { TeraError } from "@tera/protocol";
import { createAnswerMemory } from "./answer-memory.ts";

/** As long as the pieces in which Postgres has them. */
const blockBytes = 256 * 1_024;
const blocksMax = 16;
/** A file that a batch reads cannot be deleted; its time can be over. */
const fileFreshMs = 5_000;

export interface LineReader {
  /** @throws {TeraError} `invalid_request` when the file is gone. */
  read(line: Pick<RunningLine, "accountId" | "inputFileId" | "byteOffset" | "byteLength">): Promise<string>;
}

export function createLineReader(files: Pick<FileStore, "find" | "read">): LineReader {
  /** The one that was used last is the last one. */
  const blocks = new Map<string, Promise<Buffer>>();
  const fileOf = createAnswerMemory<File | undefined>(fileFreshMs);
  const find = (accountId: string, fileId: string) =>
    fileOf(`${accountId} ${fileId}`, () => files.find(accountId, fileId));

  async function readBlock(file: File, start: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of files.read(file, { start, length: blockBytes })) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  function blockOf(file: File, start: number): Promise<Buffer> {
    const name = `${file.id} ${start}`;
    const block = blocks.get(name) ?? readBlock(file, start);
    blocks.delete(name);
    blocks.set(name, block);
    block.catch(() => blocks.delete(name));
    const [oldest] = blocks.keys();
    if (blocks.size > blocksMax && oldest !== undefined) blocks.delete(oldest);
    return block;
  }

  return {
    async read({ accountId, inputFileId, byteOffset, byteLength }) {
      const file = await find(accountId, inputFileId);
      if (file === undefined) throw new TeraError("invalid_request", "The input file was deleted.");
      const end = byteOffset + byteLength;
      const parts: Buffer[] = [];
      for (let start = byteOffset - (byteOffset % blockBytes); start < end; start += blockBytes) {
        const block = await blockOf(file, start);
        parts.push(block.subarray(Math.max(0, byteOffset - start), end - start));
      }
      return Buffer.concat(parts).toString();
    },
  };
}
