/** `api_key`: what opens the API for an account. The key itself is never stored, only its keyed hash. */
import { laneClasses } from "@tera/protocol";
import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";
import { bytea } from "./bytea.ts";

export const apiKey = pgTable(
  "api_key",
  {
    /** `key_...`: names the key in lists and logs; opens nothing. */
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    name: text().notNull(),
    /** HMAC-SHA-256 of the key under a secret that is not in this database. */
    hash: bytea().notNull().unique(),
    lastFour: text("last_four").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }),
    revokedAt: timestamp("revoked_at", { withTimezone: true, precision: 3 }),
    /** Model ids that the key may use; null: all. */
    modelScope: text("model_scope").array(),
    laneClass: text("lane_class", { enum: laneClasses }).notNull().default("normal"),
    /** Closed until it is opened again; revoking is for good. */
    disabledAt: timestamp("disabled_at", { withTimezone: true, precision: 3 }),
    /** Its customer closed it and may open it again; a key that the operator closed is the operator's to open. */
    disabledByCustomer: boolean("disabled_by_customer").notNull().default(false),
    /** The key that took its place; this one lives on until `expires_at`. */
    successorId: text("successor_id"),
    /** The first key of the rotation that made this one; null: itself. All keys of a rotation share the budgets, which are counted under the first one's id. */
    firstKeyId: text("first_key_id"),
    /** Null: no limit, as for each of the following. */
    requestsPerMinuteMax: integer("requests_per_minute_max"),
    tokensPerMinuteMax: integer("tokens_per_minute_max"),
    /** Open requests at once. */
    concurrencyMax: integer("concurrency_max"),
    /** What it may spend. Nano-USD. Days and months are UTC's. */
    budgetDayNano: bigint("budget_day_nano", { mode: "bigint" }),
    budgetMonthNano: bigint("budget_month_nano", { mode: "bigint" }),
    budgetTotalNano: bigint("budget_total_nano", { mode: "bigint" }),
    /** Addresses that may use it, as CIDR blocks; null: all. */
    allowedAddresses: text("allowed_addresses").array(),
    /** Prompts and answers of this key may be kept, cut short, for a while. */
    contentLogging: boolean("content_logging").notNull().default(false),
    /** playground: the dashboard's own, for one signed-in person and a day; nobody else ever sees its secret. */
    purpose: text({ enum: ["api", "playground"] })
      .notNull()
      .default("api"),
  },
  (table) => [
    index("api_key_account_id").on(table.accountId),
    index("api_key_first_key_id").on(table.firstKeyId).where(sql`${table.firstKeyId} is not null`),
    check(
      "api_key_limits",
      sql`least(${table.requestsPerMinuteMax}, ${table.tokensPerMinuteMax}, ${table.concurrencyMax}) > 0 and least(${table.budgetDayNano}, ${table.budgetMonthNano}, ${table.budgetTotalNano}) >= 0`,
    ),
  ],
);
export type ApiKey = typeof apiKey.$inferSelect;
