/** Finds what a command was told to work on. */
import type { KeyStore, KeySummary } from "@tera/access";
import type { Account } from "@tera/database";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { unknownId } from "../../terminal/unknown-id.ts";
import { listMax } from "../arguments.ts";

/** @throws {CliError} with the nearest id. */
export async function requireKey(keyStore: KeyStore, keyId: string): Promise<KeySummary> {
  const key = await keyStore.findKey(keyId);
  if (key !== undefined) return key;
  throw unknownId("key", keyId, await keyStore.listKeys({ limit: listMax }), "`tera keys list` shows them all.");
}

/** @throws {CliError} also for a key that was revoked: nothing changes it any more. */
export async function requireLivingKey(keyStore: KeyStore, keyId: string): Promise<KeySummary> {
  const key = await requireKey(keyStore, keyId);
  if (key.revokedAt === null) return key;
  throw new CliError(
    `${keyId} was revoked for good (${key.revokedAt.toISOString()}). \`tera keys create\` makes another.`,
  );
}

/** @throws {CliError} with the nearest id, or the accounts that there are. */
export async function requireAccount(
  store: Pick<KeyStore, "findAccount" | "listAccounts">,
  accountId: string,
): Promise<Account> {
  const account = await store.findAccount(accountId);
  if (account !== undefined) return account;
  const accounts = await store.listAccounts(listMax);
  const otherwise = accounts.length === 0 ? "`tera accounts create` makes one." : listAccounts(accounts);
  throw unknownId("account", accountId, accounts, otherwise);
}

export function listAccounts(accounts: readonly Account[]): string {
  return accounts
    .slice(0, 10)
    .map(({ id, name }) => `  ${id}  ${oneLine(name)}`)
    .join("\n");
}
