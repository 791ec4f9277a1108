/** `api_key`: what opens the API for an account. The key itself is never stored, only its keyed hash. */
import { laneClasses } from "@tera/protocol";
import { customType, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

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
  },
  (table) => [index("api_key_account_id").on(table.accountId)],
);
export type ApiKey = typeof apiKey.$inferSelect;
