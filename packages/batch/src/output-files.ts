/** Writes what a batch came to into its output and error file, in the order of the lines, in bounded memory. A repetition writes the same files. */
import type { Batch } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import type { FileStore } from "./file-store.ts";
import type { LineStore } from "./line-store.ts";

const pageLines = 500;
const newline = "\n";

export interface OutputFiles {
  outputFileId: string | null;
  errorFileId: string | null;
}

const unfinishedWords: Readonly<Record<string, { code: string; message: string }>> = {
  cancelled: { code: "batch_cancelled", message: "The batch was cancelled before this line was begun." },
  expired: { code: "batch_expired", message: "The batch's time was over before this line was begun." },
};

/** @param expiresAt until when the files are kept; null: until they are deleted */
export async function writeOutputFiles(
  batch: Pick<Batch, "id" | "accountId">,
  { files, lines, expiresAt }: { files: FileStore; lines: LineStore; expiresAt: Date | null },
): Promise<OutputFiles> {
  async function* results(isError: boolean): AsyncGenerator<{ number: number; body: string }> {
    let afterNumber = 0;
    for (;;) {
      const page = await lines.readResults(batch.id, { isError, afterNumber, limit: pageLines });
      yield* page;
      if (page.length < pageLines) return;
      afterNumber = page.at(-1)?.number ?? afterNumber;
    }
  }

  async function* unfinished(): AsyncGenerator<{ number: number; body: string }> {
    let afterNumber = 0;
    for (;;) {
      const page = await lines.readUnfinished(batch.id, afterNumber, pageLines);
      for (const { number, customId, state } of page) yield { number, body: renderUnfinished(customId, state) };
      if (page.length < pageLines) return;
      afterNumber = page.at(-1)?.number ?? afterNumber;
    }
  }

  async function write(name: "output" | "error", source: AsyncGenerator<{ body: string }>): Promise<string | null> {
    const first = await source.next();
    if (first.done) return null;
    const id = fileIdOf(batch.id, name);
    const filename = `${batch.id}_${name}.jsonl`;
    const values = { id, accountId: batch.accountId, purpose: "batch_output" as const, filename, expiresAt };
    await files.write(values, asBytes(first.value, source));
    return id;
  }

  return {
    outputFileId: await write("output", results(false)),
    errorFileId: await write("error", merge(results(true), unfinished())),
  };
}

/** A repetition, after a crash, writes over what the first try left. */
function fileIdOf(batchId: string, name: "output" | "error"): string {
  return `file-${batchId.replace(/^batch_/, "")}${name === "output" ? "o" : "e"}`;
}

function renderUnfinished(customId: string, state: string): string {
  const error = unfinishedWords[state] ?? { code: "server_error", message: "The line was not begun." };
  return JSON.stringify({ id: `batch_req_${randomBase62(24)}`, custom_id: customId, response: null, error });
}

async function* asBytes(first: { body: string }, rest: AsyncGenerator<{ body: string }>): AsyncGenerator<Buffer> {
  yield Buffer.from(first.body + newline);
  for await (const { body } of rest) yield Buffer.from(body + newline);
}

/** Two sources that are in order of number, as one. */
async function* merge<Item extends { number: number }>(
  left: AsyncGenerator<Item>,
  right: AsyncGenerator<Item>,
): AsyncGenerator<Item> {
  let [a, b] = await Promise.all([left.next(), right.next()]);
  while (!a.done || !b.done) {
    if (b.done || (!a.done && a.value.number < b.value.number)) {
      if (!a.done) yield a.value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}
