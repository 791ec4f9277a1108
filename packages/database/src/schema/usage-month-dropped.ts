/** `usage_month_dropped`: the months of usage events that are gone because their retention was over, and what was in them. Append-only. */
import { bigint, pgTable, text, timestamp } from "drizzle-orm/pg-core";

export const usageMonthDropped = pgTable("usage_month_dropped", {
  /** `2026-11` */
  month: text().primaryKey(),
  events: bigint({ mode: "number" }).notNull(),
  /** Nano-USD. */
  chargeNano: bigint("charge_nano", { mode: "bigint" }).notNull(),
  /** Given back to the disk, indexes included. */
  bytes: bigint({ mode: "number" }).notNull(),
  /** Who: `cli:<login name>`, `gateway:<id>`. */
  author: text().notNull(),
  droppedAt: timestamp("dropped_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
export type UsageMonthDropped = typeof usageMonthDropped.$inferSelect;
