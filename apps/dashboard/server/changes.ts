/** Changes through the Admin API, each with its entry in the audit log. */
import { type Changed, changeAudited } from "@tera/access";
import type { Db } from "@tera/database";
import { type Actor, toAuditActor } from "./access/actor.ts";

/** @returns what `work` answers; what `work` throws undoes everything. */
export type Change = <Answer>(actor: Actor, work: (tx: Db) => Promise<Changed<Answer>>) => Promise<Answer>;

export function createChange(db: Db): Change {
  return (actor, work) => changeAudited(db, toAuditActor(actor), work);
}
