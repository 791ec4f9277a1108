/** Who the audit log names for a change on the command line: the user of the system. */
import { userInfo } from "node:os";
import type { AuditActor } from "@tera/access";
import { authorOf } from "../commands/author.ts";

export function auditActorOf(environment: NodeJS.ProcessEnv): AuditActor {
  const { uid, username } = readUser();
  const author = authorOf(environment);
  return {
    kind: "cli",
    id: uid,
    name: author === "cli" && username !== "" ? `cli:${username}` : author,
    address: null,
  };
}

/** In a container, a user id may have no name. */
function readUser(): { uid: string; username: string } {
  try {
    const { uid, username } = userInfo();
    return { uid: String(uid), username };
  } catch {
    return { uid: String(process.getuid?.() ?? ""), username: "" };
  }
}
