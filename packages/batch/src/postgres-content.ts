/** Bytes of files in Postgres, in chunks of one size, so that a range is found by arithmetic. */
import { type Db, file, fileChunk } from "@tera/database";
import { and, asc, eq, gte, inArray, isNull, lt, lte, sql } from "drizzle-orm";
import type { ByteRange, ContentStore } from "./content-store.ts";
import { uploadMaxMs } from "./upload-patience.ts";

/** Large enough that rows are few, small enough that a read is soon there. */
const chunkBytes = 256 * 1_024;
/** Chunks of one query. */
const readAhead = 8;

export function createPostgresContent({ db }: { db: Db }): ContentStore {
  async function remove(id: string): Promise<void> {
    await db.delete(fileChunk).where(eq(fileChunk.fileId, id));
  }

  async function* read(id: string, { start, length }: ByteRange): AsyncGenerator<Uint8Array> {
    const end = start + length;
    for (let number = Math.floor(start / chunkBytes); number * chunkBytes < end; number += readAhead) {
      const last = Math.min(number + readAhead - 1, Math.floor((end - 1) / chunkBytes));
      const rows = await db
        .select({ number: fileChunk.number, data: fileChunk.data })
        .from(fileChunk)
        .where(and(eq(fileChunk.fileId, id), gte(fileChunk.number, number), lte(fileChunk.number, last)))
        .orderBy(asc(fileChunk.number));
      if (rows.length === 0 && number * chunkBytes <= start) throw new Error(`file ${id} has no content at ${start}`);
      for (const row of rows) {
        const at = row.number * chunkBytes;
        yield row.data.subarray(Math.max(0, start - at), Math.min(row.data.length, end - at));
      }
      // The last chunk is the only short one.
      if (rows.length <= last - number) return;
    }
  }

  return {
    async write(id, source) {
      let bytes = 0;
      try {
        for await (const data of inChunks(source)) {
          await db.insert(fileChunk).values({ fileId: id, number: bytes / chunkBytes, data });
          bytes += data.length;
        }
      } catch (error) {
        await remove(id);
        throw error;
      }
      return bytes;
    },
    read: (id, range = { start: 0, length: Number.MAX_SAFE_INTEGER }) => read(id, range),
    remove,
  };
}

/** Of uploads that began so long ago that none of them can still be going on, and of which no file came. @returns of how many */
export async function removeAbandonedChunks(db: Db, limit: number): Promise<number> {
  const begunBefore = sql`clock_timestamp() - make_interval(secs => ${(2 * uploadMaxMs) / 1_000})`;
  const abandoned = await db
    .select({ id: fileChunk.fileId })
    .from(fileChunk)
    .leftJoin(file, eq(file.id, fileChunk.fileId))
    .where(and(eq(fileChunk.number, 0), lt(fileChunk.createdAt, begunBefore), isNull(file.id)))
    .limit(limit);
  const ids = abandoned.map(({ id }) => id);
  if (ids.length > 0) await db.delete(fileChunk).where(inArray(fileChunk.fileId, ids));
  return ids.length;
}

/** Pieces of exactly `chunkBytes`, but for the last. */
async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const piece of source) {
    let taken = 0;
    while (taken < piece.length) {
      const part = piece.subarray(taken, taken + chunkBytes - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled === chunkBytes) {
        yield chunk;
        chunk = Buffer.allocUnsafe(chunkBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
