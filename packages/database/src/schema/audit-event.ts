/** `audit_event`: who changed what, and from where. Written in the transaction of the change; append-only. */
import { bigint, index, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** member: somebody who is signed in; token: a script with an admin token; cli: `tera` on the database itself; system: Tera. */
export const auditActorKinds = ["member", "token", "cli", "system"] as const;
export type AuditActorKind = (typeof auditActorKinds)[number];

export const auditEvent = pgTable(
  "audit_event",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedByDefaultAsIdentity(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
    actorKind: text("actor_kind", { enum: auditActorKinds }).notNull(),
    /** A member's or a token's id; the user's name of the machine for `cli`. */
    actorId: text("actor_id").notNull(),
    /** As it was then. */
    actorName: text("actor_name").notNull(),
    /** Where the request came from; null: from the machine itself. */
    address: text(),
    /** `key.create` */
    action: text().notNull(),
    /** What was changed: `key`, `key_...`. */
    objectKind: text("object_kind").notNull(),
    objectId: text("object_id").notNull(),
    objectName: text("object_name"),
    /** The account that it concerns, if one. */
    accountId: text("account_id"),
    /** The fields that changed, as they were and as they are; no secrets. */
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
  },
  (table) => [
    index("audit_event_object").on(table.objectId, table.id),
    index("audit_event_actor").on(table.actorId, table.id),
    index("audit_event_account").on(table.accountId, table.id),
    index("audit_event_action").on(table.action, table.id),
  ],
);
export type AuditEvent = typeof auditEvent.$inferSelect;
