/** What background work must remember: when each run last ran, and the notices that wait to be delivered. */
import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, timestamp, unique } from "drizzle-orm/pg-core";

/** `background_run`: one row for each run that there is. */
export const backgroundRun = pgTable("background_run", {
  name: text().primaryKey(),
  startedAt: timestamp("started_at", { withTimezone: true, precision: 3 }).notNull(),
  /** Of the last that succeeded. */
  succeededAt: timestamp("succeeded_at", { withTimezone: true, precision: 3 }),
  /** What the last one did, or why it failed. */
  outcome: jsonb(),
  failure: text(),
});
export type BackgroundRun = typeof backgroundRun.$inferSelect;

/** `notice`: something that the operator's webhook is told. Delivered at least once. */
export const notice = pgTable(
  "notice",
  {
    /** `notice_...`; the receiver knows a repetition by it. */
    id: text().primaryKey(),
    type: text().notNull(),
    /** What it is about; one notice for each type and reference. */
    reference: text().notNull(),
    payload: jsonb().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    deliveredAt: timestamp("delivered_at", { withTimezone: true, precision: 3 }),
    /** Given up: it is not tried again. */
    abandonedAt: timestamp("abandoned_at", { withTimezone: true, precision: 3 }),
    attempts: integer().notNull().default(0),
    failure: text(),
  },
  (table) => [
    unique("notice_reference").on(table.type, table.reference),
    index("notice_waiting")
      .on(table.createdAt)
      .where(sql`${table.deliveredAt} is null and ${table.abandonedAt} is null`),
  ],
);
export type Notice = typeof notice.$inferSelect;
