/**
 * `price`: what a model costs from a moment on. Rows are never changed: a new price is a new row, and so is a correction of a past one (same moment,
 * next revision).
 *
 * All prices are whole nano-USD per unit: $0.07 per million tokens is 70.
 */
import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, pgTable, text, timestamp, unique } from "drizzle-orm/pg-core";

export const price = pgTable(
  "price",
  {
    /** `price_...` */
    id: text().primaryKey(),
    model: text().notNull(),
    /** In force from here on, until the next row of the model begins. */
    validFrom: timestamp("valid_from", { withTimezone: true, precision: 3 }).notNull(),
    /** From 1; the highest counts. */
    revision: integer().notNull().default(1),
    /** Served for nothing, because the operator said so. All amounts are 0. */
    isFree: boolean("is_free").notNull().default(false),
    inputNano: bigint("input_nano", { mode: "bigint" }).notNull().default(sql`0`),
    outputNano: bigint("output_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** Of an input token that a prefix cache served. */
    cacheReadNano: bigint("cache_read_nano", { mode: "bigint" }).notNull().default(sql`0`),
    requestNano: bigint("request_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** Of a character of speech. */
    characterNano: bigint("character_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** What the batch lane takes off, in hundredths of a percent. */
    batchDiscountBasisPoints: integer("batch_discount_basis_points").notNull().default(0),
    author: text().notNull(),
    /** Why, for people. */
    reason: text(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique("price_model_time").on(table.model, table.validFrom, table.revision),
    check(
      "price_amounts",
      sql`least(${table.inputNano}, ${table.outputNano}, ${table.cacheReadNano}, ${table.requestNano}, ${table.characterNano}) >= 0`,
    ),
    check("price_batch_discount", sql`${table.batchDiscountBasisPoints} between 0 and 10000`),
    check(
      "price_free",
      sql`not ${table.isFree} or greatest(${table.inputNano}, ${table.outputNano}, ${table.cacheReadNano}, ${table.requestNano}, ${table.characterNano}) = 0`,
    ),
  ],
);
export type Price = typeof price.$inferSelect;
