/** Who the audit log names for a change on the command line. */
import { userInfo } from "node:os";
import type { AuditActor } from "@tera/access";
import { authorOf } from "../author.ts";

export function auditActorOf(environment: NodeJS.ProcessEnv): AuditActor {
  return { kind: "cli", id: String(userInfo().uid), name: authorOf(environment), address: null };
}
