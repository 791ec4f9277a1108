/** `credit_lease`: credit that a gateway has taken out of a purse, to admit requests against in memory. */
import { sql } from "drizzle-orm";
import { bigint, check, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { purse } from "./purse.ts";

export const creditLease = pgTable(
  "credit_lease",
  {
    /** `lease_...` */
    id: text().primaryKey(),
    purseId: text("purse_id")
      .notNull()
      .references(() => purse.id),
    gatewayId: text("gateway_id").notNull(),
    /** Not yet charged. Nano-USD. */
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
    grantedAt: timestamp("granted_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** By the database's clock. A living gateway renews it. */
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }).notNull(),
    /** Given back or expired; the amount is then 0. */
    closedAt: timestamp("closed_at", { withTimezone: true, precision: 3 }),
  },
  (table) => [
    index("credit_lease_open").on(table.expiresAt).where(sql`${table.closedAt} is null`),
    index("credit_lease_purse").on(table.purseId).where(sql`${table.closedAt} is null`),
    index("credit_lease_gateway").on(table.gatewayId).where(sql`${table.closedAt} is null`),
    check("credit_lease_amount", sql`${table.amountNano} >= 0`),
  ],
);
export type CreditLease = typeof creditLease.$inferSelect;
