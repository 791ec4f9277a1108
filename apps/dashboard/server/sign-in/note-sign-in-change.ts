/**
 * What members change of their own sign-in, for the audit log. The library writes the change itself, in a transaction of its own, so the entry follows it: where it cannot be written, the member is told that the
 * change was made and that something went wrong.
 */
import { recordAudit } from "@tera/access";
import type { Db } from "@tera/database";
import { type Actor, toAuditActor } from "../access/actor.ts";
import { authPath } from "./auth.ts";

/** By the library's path. Checking a code is a change only of who is signed in already: it switches codes on. */
const changes: Readonly<Record<string, string>> = {
  "/change-password": "member.change_password",
  "/two-factor/verify-totp": "member.enable_codes",
  "/two-factor/disable": "member.disable_codes",
  "/two-factor/generate-backup-codes": "member.new_backup_codes",
  "/passkey/verify-registration": "member.add_passkey",
  "/passkey/delete-passkey": "member.remove_passkey",
};

/** @returns undefined: it changes nothing. */
export function signInChangeOf(url: string): string | undefined {
  return changes[new URL(url, "http://localhost").pathname.slice(authPath.length)];
}

export async function noteSignInChange(db: Db, actor: Actor, action: string): Promise<void> {
  const subject = { objectKind: "member", objectId: actor.id, objectName: actor.email ?? actor.name };
  await recordAudit(db, toAuditActor(actor), { action, ...subject });
}
