/** `file`: what a customer uploaded for a batch, and what a batch wrote. The bytes are in `file_chunk`, or in an object store under the file's id. */
import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";
import { bytea } from "./bytea.ts";

export const filePurposes = ["batch", "batch_output"] as const;
export const fileStorages = ["postgres", "s3"] as const;

export const file = pgTable(
  "file",
  {
    /** `file-...` */
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    purpose: text({ enum: filePurposes }).notNull(),
    filename: text().notNull(),
    bytes: bigint({ mode: "number" }).notNull(),
    /** Where the bytes are: decided when it was written, so that a change of the setting loses no file. */
    storage: text({ enum: fileStorages }).notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** Null: it stays until it is deleted. */
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }),
  },
  (table) => [
    index("file_account").on(table.accountId, table.createdAt, table.id),
    index("file_expiry").on(table.expiresAt),
  ],
);
export type File = typeof file.$inferSelect;

/** Pieces of equal length, from 0; only the last one is shorter. Without a foreign key: they are written before the file is known to be whole. */
export const fileChunk = pgTable(
  "file_chunk",
  {
    fileId: text("file_id").notNull(),
    number: integer().notNull(),
    data: bytea().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.fileId, table.number] }),
    // Of what no file came: found by its beginning.
    index("file_chunk_begun").on(table.createdAt).where(sql`${table.number} = 0`),
  ],
);
