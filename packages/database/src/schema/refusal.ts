/**
 * Requests that were refused before they were admitted, so that "why did my request fail" has an answer: `refused_request`, the first few of a key, a code and a minute, each with what the
 * client was told, and `refusal_count`, all of them by the hour. Money does not hang on them: what a gateway could not write is lost.
 *
 * Both partitioned by the day (UTC) on which they expire (a migration says how; drizzle knows nothing of partitions), and dropped by the day.
 */
import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const refusedRequest = pgTable(
  "refused_request",
  {
    requestId: text("request_id").notNull(),
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    /** What was asked for, whether there is such a model or not; null: the request was refused before that was read. */
    model: text(),
    /** The code of the error that the client saw, and its message, both as the answer had them. */
    code: text().notNull(),
    message: text().notNull(),
    refusedAt: timestamp("refused_at", { withTimezone: true, precision: 3 }).notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    // A partitioned table's key holds what it is partitioned by.
    primaryKey({ columns: [table.requestId, table.expiresAt] }),
    index("refused_request_time").on(table.refusedAt),
    index("refused_request_account").on(table.accountId, table.refusedAt),
    index("refused_request_key").on(table.keyId, table.refusedAt),
  ],
);
export type RefusedRequest = typeof refusedRequest.$inferSelect;

export const refusalCount = pgTable(
  "refusal_count",
  {
    /** Its beginning. */
    hour: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** Empty, as the key's: the request had no key that is known. */
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    code: text().notNull(),
    requests: bigint({ mode: "number" }).notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hour, table.keyId, table.code, table.expiresAt] }),
    index("refusal_count_account").on(table.accountId, table.hour),
  ],
);
export type RefusalCount = typeof refusalCount.$inferSelect;
