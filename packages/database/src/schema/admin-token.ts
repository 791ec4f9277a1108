/** `admin_token`: what opens the Admin API for scripts. The token itself is never stored, only its hash. */
import { sql } from "drizzle-orm";
import { check, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";
import { memberRoles } from "./member.ts";

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const adminToken = pgTable(
  "admin_token",
  {
    /** `token_...`: names it in lists and in the audit log; opens nothing. */
    id: text().primaryKey(),
    name: text().notNull(),
    /** SHA-256 in hexadecimal: the token is 256 random bits. */
    hash: text().notNull().unique(),
    lastFour: text("last_four").notNull(),
    /** It may do what this role may, and no more than its maker could. */
    role: text({ enum: memberRoles }).notNull(),
    accountId: text("account_id").references(() => account.id),
    createdBy: text("created_by").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
    /** To the minute. */
    lastUsedAt: moment("last_used_at"),
  },
  (table) => [
    check("admin_token_account_of_members", sql`(${table.role} = 'member') = (${table.accountId} is not null)`),
  ],
);
export type AdminToken = typeof adminToken.$inferSelect;
