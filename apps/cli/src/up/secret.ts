/** The secret under which keys are hashed: the operator's own, or one made on the first start. Losing it makes every key worthless. */
import { randomBytes } from "node:crypto";
import type { DataDirectory } from "./data-directory.ts";

export async function ensureSecret(given: string | undefined, directory: DataDirectory): Promise<string> {
  if (given !== undefined) return given;
  const kept = (await directory.read("secret"))?.trim();
  if (kept) return kept;
  const made = randomBytes(32).toString("hex");
  await directory.write("secret", `${made}\n`);
  return made;
}
