/** Batches a page at a time, found, sorted and counted by Postgres, with the names of what they belong to and read. */
import { account, apiKey, type Batch, type BatchStatus, batch, type Db, file } from "@tera/database";
import { and, asc, desc, eq, getTableColumns, ilike, inArray, or } from "drizzle-orm";

export interface BatchListQuery {
  /** From 1. */
  page: number;
  pageSize: number;
  /** Part of its id, or of its file's name or id. */
  search?: string | undefined;
  sort: "createdAt" | "-createdAt";
  status?: BatchStatus | undefined;
  /** Only of these accounts; undefined: of all. */
  among?: readonly string[] | undefined;
}

/** A name that is null is of something that is gone. */
export type ListedBatch = Batch & {
  accountName: string;
  keyName: string | null;
  fileName: string | null;
};

const columns = {
  ...getTableColumns(batch),
  accountName: account.name,
  keyName: apiKey.name,
  fileName: file.filename,
};

export async function listBatches(
  db: Db,
  { page, pageSize, search, sort, status, among }: BatchListQuery,
): Promise<{ items: ListedBatch[]; total: number }> {
  const part = search === undefined || search === "" ? undefined : `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const matches = and(
    part === undefined
      ? undefined
      : or(ilike(batch.id, part), ilike(file.filename, part), ilike(batch.inputFileId, part)),
    status === undefined ? undefined : eq(batch.status, status),
    among === undefined ? undefined : inArray(batch.accountId, [...among]),
  );
  const order = sort === "createdAt" ? asc : desc;
  const [items, total] = await Promise.all([
    withNames(db)
      .where(matches)
      .orderBy(order(batch.createdAt), order(batch.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    db.$count(
      db.select({ id: batch.id }).from(batch).leftJoin(file, eq(file.id, batch.inputFileId)).where(matches).as("found"),
    ),
  ]);
  return { items, total };
}

/** @returns undefined: there is none. */
export async function findListedBatch(db: Db, batchId: string): Promise<ListedBatch | undefined> {
  const [found] = await withNames(db).where(eq(batch.id, batchId));
  return found;
}

function withNames(db: Db) {
  return db
    .select(columns)
    .from(batch)
    .innerJoin(account, eq(account.id, batch.accountId))
    .leftJoin(apiKey, eq(apiKey.id, batch.keyId))
    .leftJoin(file, eq(file.id, batch.inputFileId));
}
