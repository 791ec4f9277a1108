/** The key that `tera up` prints: made once with the first account, kept in the data directory, and made anew only when it does not work any more. */
import type { AuditActor } from "@tera/access";
import { connectDatabase } from "@tera/database";
import { z } from "zod";
import type { CommandKeys } from "../stack/command-stores.ts";
import { createStoredKeys } from "../stack/stored-keys.ts";
import type { DataDirectory } from "./data-directory.ts";

const firstKeySchema = z.object({ apiKey: z.string(), keyId: z.string(), accountId: z.string() });
export type FirstKey = z.infer<typeof firstKeySchema>;

export interface FirstKeyOptions {
  /** Migrated. */
  databaseUrl: string;
  /** The one that the gateway hashes with. */
  secret: string;
  directory: DataDirectory;
  /** Whom the audit log names. */
  actor: AuditActor;
}

export async function ensureFirstKey({ databaseUrl, secret, directory, actor }: FirstKeyOptions): Promise<FirstKey> {
  const database = connectDatabase({ url: databaseUrl, name: "tera-up", poolSizeMax: 1 });
  try {
    const store = createStoredKeys({ db: database.db, secret, actor });
    const kept = await readKept(directory);
    if (kept && (await stillWorks(store, kept))) return kept;
    const made = await makeKey(store, kept?.accountId);
    await directory.write("first-key", `${JSON.stringify(made)}\n`);
    return made;
  } finally {
    await database.close(1_000);
  }
}

async function readKept(directory: DataDirectory): Promise<FirstKey | undefined> {
  const text = await directory.read("first-key");
  if (text === undefined) return undefined;
  try {
    return firstKeySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Not so after it or its account was closed, or when DATABASE_URL names another database than last time. */
async function stillWorks(store: CommandKeys, { keyId }: FirstKey): Promise<boolean> {
  const key = await store.findKey(keyId);
  if (!key || key.revokedAt !== null || key.disabledAt !== null) return false;
  if ((await store.findAccount(key.accountId))?.disabledAt !== null) return false;
  return key.expiresAt === null || key.expiresAt > new Date();
}

async function makeKey(store: CommandKeys, knownAccountId: string | undefined): Promise<FirstKey> {
  const known = knownAccountId === undefined ? undefined : await store.findAccount(knownAccountId);
  // Postpaid: a newcomer who sets a price sees what it would come to, and is not locked out by it.
  const account = known?.disabledAt === null ? known : await store.createAccount({ name: "first", kind: "postpaid" });
  const { apiKey, key } = await store.createKey({ accountId: account.id, name: "tera up" });
  return { apiKey, keyId: key.id, accountId: account.id };
}
