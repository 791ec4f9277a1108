/** Files of accounts: what they uploaded for batches, and what batches wrote for them. */
import { type Db, type File, file, type fileStorages } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, desc, eq, gt, inArray, isNull, lte, or, sql } from "drizzle-orm";
import type { ByteRange, ContentStore } from "./content-store.ts";
import { removeAbandonedChunks } from "./postgres-content.ts";

type FileStorage = (typeof fileStorages)[number];

export interface NewFile {
  /** Given where a repetition must write the same one. */
  id?: string;
  accountId: string;
  purpose: File["purpose"];
  filename: string;
  /** Null: it stays until it is deleted. */
  expiresAt: Date | null;
}

export interface FileQuery {
  accountId: string;
  purpose?: File["purpose"] | undefined;
  /** Only what comes after this file, in the order of the list. */
  after?: string | undefined;
  limit: number;
  order: "asc" | "desc";
}

export interface FileStore {
  /** The file is there when all its bytes are; on a failure nothing stays. */
  write(values: NewFile, source: AsyncIterable<Uint8Array>): Promise<File>;
  /** For who learns only after the bytes what they are: until it is kept, it is nobody's. On a failure nothing stays. */
  upload(source: AsyncIterable<Uint8Array>): Promise<Upload>;
  /** @returns undefined: there is none, it is another account's, or its time is over. */
  find(accountId: string, fileId: string): Promise<File | undefined>;
  /** Of all files that an account has. */
  countBytes(accountId: string): Promise<number>;
  /** By the time of creation. */
  list(query: FileQuery): Promise<File[]>;
  read(of: Pick<File, "id" | "storage">, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** @returns whether it was there. */
  remove(accountId: string, fileId: string): Promise<boolean>;
  /** Removes files whose time is over, at most `limit`. @returns how many. */
  removeExpired(limit: number): Promise<number>;
  /** Removes what uploads left in Postgres whose gateway was killed, at most `limit`. @returns of how many. */
  removeAbandoned(limit: number): Promise<number>;
}

export interface Upload {
  readonly bytes: number;
  /** @param tx with what else is to be there with it, or not at all. */
  keep(values: Omit<NewFile, "id">, tx?: Db): Promise<File>;
  discard(): Promise<void>;
}

export interface FileStoreOptions {
  db: Db;
  /** Where new files go. */
  storage: FileStorage;
  contents: Readonly<Partial<Record<FileStorage, ContentStore>>>;
}

export const newFileId = () => `file-${randomBase62(24)}`;

export function createFileStore({ db, storage, contents }: FileStoreOptions): FileStore {
  const isThere = or(isNull(file.expiresAt), gt(file.expiresAt, sql`clock_timestamp()`));

  function contentOf(kept: FileStorage): ContentStore {
    const content = contents[kept];
    if (content === undefined) throw new Error(`a file lies in ${kept}, which is not set up`);
    return content;
  }

  /** The row last: content without a row is what nobody would find again. */
  async function removeAll(found: readonly Pick<File, "id" | "storage">[]): Promise<number> {
    for (const { id, storage: kept } of found) await contentOf(kept).remove(id);
    const ids = found.map(({ id }) => id);
    return ids.length === 0
      ? 0
      : (await db.delete(file).where(inArray(file.id, ids)).returning({ id: file.id })).length;
  }

  async function upload(id: string, source: AsyncIterable<Uint8Array>): Promise<Upload> {
    const content = contentOf(storage);
    // Of a first try that was cut off.
    await content.remove(id);
    const bytes = await content.write(id, source);
    const discard = () => content.remove(id);
    return {
      bytes,
      discard,
      async keep(values, tx = db) {
        try {
          const [written] = await tx
            .insert(file)
            .values({ ...values, id, storage, bytes, createdAt: sql`clock_timestamp()` })
            .onConflictDoUpdate({ target: file.id, set: { bytes, storage } })
            .returning();
          if (written === undefined) throw new Error("an INSERT ... RETURNING gave no row");
          return written;
        } catch (error) {
          await discard();
          throw error;
        }
      },
    };
  }

  return {
    async write({ id = newFileId(), ...values }, source) {
      return (await upload(id, source)).keep(values);
    },
    upload: (source) => upload(newFileId(), source),
    async find(accountId, fileId) {
      const [found] = await db
        .select()
        .from(file)
        .where(and(eq(file.id, fileId), eq(file.accountId, accountId), isThere));
      return found;
    },
    async countBytes(accountId) {
      const [sum] = await db
        .select({ bytes: sql`coalesce(sum(${file.bytes}), 0)`.mapWith(Number) })
        .from(file)
        .where(and(eq(file.accountId, accountId), isThere));
      return sum?.bytes ?? 0;
    },
    async list({ accountId, purpose, after, limit, order }) {
      const later = order === "asc" ? sql`>` : sql`<`;
      const position =
        after === undefined
          ? undefined
          : sql`(${file.createdAt}, ${file.id}) ${later} (select created_at, id from file where id = ${after} and account_id = ${accountId})`;
      return db
        .select()
        .from(file)
        .where(
          and(
            eq(file.accountId, accountId),
            purpose === undefined ? undefined : eq(file.purpose, purpose),
            isThere,
            position,
          ),
        )
        .orderBy(...(order === "asc" ? [file.createdAt, file.id] : [desc(file.createdAt), desc(file.id)]))
        .limit(limit);
    },
    read: ({ id, storage: kept }, range) => contentOf(kept).read(id, range),
    async remove(accountId, fileId) {
      const found = await db
        .select()
        .from(file)
        .where(and(eq(file.id, fileId), eq(file.accountId, accountId)));
      return (await removeAll(found)) > 0;
    },
    async removeExpired(limit) {
      return removeAll(await db.select().from(file).where(lte(file.expiresAt, sql`clock_timestamp()`)).limit(limit));
    },
    removeAbandoned: (limit) => removeAbandonedChunks(db, limit),
  };
}
