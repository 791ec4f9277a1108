/** The account that an argument names. */
import type { KeyStore } from "@tera/access";
import type { Account, Db } from "@tera/database";
import { oneLine } from "../terminal/table.ts";
import { unknownId } from "../terminal/unknown-id.ts";
import { listMax } from "./arguments.ts";

const shownMax = 10;

/** @throws {CliError} with the nearest id, or the accounts that there are. */
export async function findAccount(db: Db, accountId: string): Promise<Account> {
  const { createAccountStore } = await import("@tera/access");
  return requireAccount(createAccountStore({ db }), accountId);
}

/** @throws {CliError} with the nearest id, or the accounts that there are. */
export async function requireAccount(
  store: Pick<KeyStore, "findAccount" | "listAccounts">,
  accountId: string,
): Promise<Account> {
  const account = await store.findAccount(accountId);
  if (account !== undefined) return account;
  const known = await store.listAccounts(listMax);
  const otherwise = known.length === 0 ? "`tera accounts create` makes one." : `There are:\n${describeAccounts(known)}`;
  throw unknownId("account", accountId, known, otherwise);
}

export function describeAccounts(accounts: readonly Account[]): string {
  return accounts
    .slice(0, shownMax)
    .map(({ id, name }) => `  ${id}  ${oneLine(name)}`)
    .join("\n");
}
