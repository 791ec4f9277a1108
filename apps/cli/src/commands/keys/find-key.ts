/** The key that an argument names. */
import type { KeySummary } from "@tera/access";
import type { CommandKeys } from "../../stack/command-stores.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { unknownId } from "../../terminal/unknown-id.ts";
import { listMax } from "../arguments.ts";

/** @throws {CliError} with the nearest id. */
export async function requireKey(keyStore: CommandKeys, keyId: string): Promise<KeySummary> {
  if (keyId.startsWith("sk-")) {
    throw new CliError(
      "This is a key, and its id is wanted (key_...): `tera keys list` shows it beside the key's last four characters.",
    );
  }
  const key = await keyStore.findKey(keyId);
  if (key !== undefined) return key;
  throw unknownId("key", keyId, await keyStore.listKeys({ limit: listMax }), "`tera keys list` shows them all.");
}

/** @throws {CliError} also for a key that was revoked: nothing changes it any more. */
export async function requireLivingKey(keyStore: CommandKeys, keyId: string): Promise<KeySummary> {
  const key = await requireKey(keyStore, keyId);
  if (key.revokedAt === null) return key;
  throw new CliError(
    `${keyId} was revoked for good (${key.revokedAt.toISOString()}). \`tera keys create\` makes another.`,
  );
}
