/** A change and its entry in the audit log, in one transaction: neither is there without the other. */
import type { Db } from "@tera/database";
import { type AuditActor, type AuditEntry, recordAudit } from "./audit-log.ts";

export interface Changed<Answer> {
  answer: Answer;
  /** Undefined: nothing was changed. */
  entry: AuditEntry | undefined;
}

/** @param work its stores take `tx` as their `db`. @returns what `work` answers; what `work` throws undoes everything. */
export async function changeAudited<Answer>(
  db: Db,
  actor: AuditActor,
  work: (tx: Db) => Promise<Changed<Answer>>,
): Promise<Answer> {
  return db.transaction(async (tx) => {
    const { answer, entry } = await work(tx);
    if (entry !== undefined) await recordAudit(tx, actor, entry);
    return answer;
  });
}
