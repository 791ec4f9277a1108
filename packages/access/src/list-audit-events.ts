/** The audit log from its newest end, a part at a time. */
import { type AuditEvent, account, auditEvent, type Db } from "@tera/database";
import { and, desc, eq, getTableColumns, gte, lt, sql } from "drizzle-orm";

export interface AuditQuery {
  /** Only what is older than this event. */
  before?: bigint | undefined;
  pageSize: number;
  /** `key.create`, or `key.` for everything that begins so. */
  action?: string | undefined;
  actorId?: string | undefined;
  objectId?: string | undefined;
  accountId?: string | undefined;
  from?: Date | undefined;
  /** Not itself. */
  to?: Date | undefined;
}

export interface ListedAuditEvent extends AuditEvent {
  /** As the account is called today. */
  accountName: string | null;
}

export async function listAuditEvents(db: Db, query: AuditQuery): Promise<ListedAuditEvent[]> {
  const { before, pageSize, action, actorId, objectId, accountId, from, to } = query;
  return db
    .select({ ...getTableColumns(auditEvent), accountName: account.name })
    .from(auditEvent)
    .leftJoin(account, eq(account.id, auditEvent.accountId))
    .where(
      and(
        before === undefined ? undefined : lt(auditEvent.id, before),
        action === undefined ? undefined : sql`starts_with(${auditEvent.action}, ${action})`,
        actorId === undefined ? undefined : eq(auditEvent.actorId, actorId),
        objectId === undefined ? undefined : eq(auditEvent.objectId, objectId),
        accountId === undefined ? undefined : eq(auditEvent.accountId, accountId),
        from === undefined ? undefined : gte(auditEvent.at, from),
        to === undefined ? undefined : lt(auditEvent.at, to),
      ),
    )
    .orderBy(desc(auditEvent.id))
    .limit(pageSize);
}
