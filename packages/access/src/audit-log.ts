/** The audit log: who changed what, from where, as it was and as it is. Written in the transaction of the change, so that neither is there without the other. */
import { type AuditActorKind, type AuditEvent, auditEvent, type Db } from "@tera/database";

/** Who makes a change. */
export interface AuditActor {
  kind: AuditActorKind;
  id: string;
  name: string;
  /** Where the request came from; null: the machine itself. */
  address: string | null;
}

export interface AuditEntry {
  /** `key.create` */
  action: string;
  objectKind: string;
  objectId: string;
  objectName?: string | undefined;
  /** The account that it concerns. */
  accountId?: string | undefined;
  /** As it was, and as it is; of both only what differs is kept. */
  before?: object | undefined;
  after?: object | undefined;
}

/** What a query is run on: the connection, or a transaction of it. */
export type Queryable = Pick<Db, "insert">;

export async function recordAudit(db: Queryable, actor: AuditActor, entry: AuditEntry): Promise<void> {
  const { before, after } = differences(entry.before, entry.after);
  await db.insert(auditEvent).values({
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    address: actor.address,
    action: entry.action,
    objectKind: entry.objectKind,
    objectId: entry.objectId,
    objectName: entry.objectName ?? null,
    accountId: entry.accountId ?? null,
    before,
    after,
  });
}

/** Never written, whatever it is a field of. */
const secretFields = new Set(["hash", "tokenHash", "password", "secret", "apiKey", "token"]);

/** @returns of each only the fields that differ, as JSON has them; null: there was nothing, or nothing differs. */
export function differences(
  before: object | undefined,
  after: object | undefined,
): Pick<AuditEvent, "before" | "after"> {
  const [was, is] = [toJson(before), toJson(after)];
  if (was === null || is === null) return { before: was, after: is };
  const changed = Object.keys({ ...was, ...is }).filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  );
  if (changed.length === 0) return { before: null, after: null };
  const only = (fields: Record<string, unknown>) =>
    Object.fromEntries(changed.map((name) => [name, fields[name] ?? null]));
  return { before: only(was), after: only(is) };
}

function toJson(value: object | undefined): Record<string, unknown> | null {
  if (value === undefined) return null;
  const visible = Object.entries(value).filter(([name, field]) => !secretFields.has(name) && field !== undefined);
  return Object.fromEntries(visible.map(([name, field]) => [name, toJsonField(field)]));
}

/** Amounts are bigints, which JSON does not know. */
function toJsonField(field: unknown): unknown {
  if (typeof field === "bigint") return String(field);
  return field instanceof Date ? field.toISOString() : field;
}
