/** A change and its entry in the audit log, in one transaction: neither is there without the other. */
import { type AuditEntry, recordAudit } from "@tera/access";
import type { Db } from "@tera/database";
import { type Actor, toAuditActor } from "./access/actor.ts";

export interface Changed<Answer> {
  answer: Answer;
  /** Undefined: nothing was changed. */
  entry: AuditEntry | undefined;
}

/** @returns what `work` answers; what `work` throws undoes everything. */
export type Change = <Answer>(actor: Actor, work: (tx: Db) => Promise<Changed<Answer>>) => Promise<Answer>;

export function createChange(db: Db): Change {
  return (actor, work) =>
    db.transaction(async (tx) => {
      const { answer, entry } = await work(tx);
      if (entry !== undefined) await recordAudit(tx, toAuditActor(actor), entry);
      return answer;
    });
}
