/** Invoices, and the accounts that they are of: of the database, or through an Admin API. */
import type { AccountStore } from "@tera/access";
import type { Db } from "@tera/database";
import type { CommandContext } from "../commands/context.ts";
import { readStripe } from "../commands/stripe.ts";
import type { CommandInvoices } from "./command-invoices.ts";
import { type FoundStack, isRemote, type RemoteStack } from "./find-stack.ts";
import { openClient, withDatabase } from "./open-stack.ts";

/** Months of usage are added up: that takes longer than a look-up. */
const statementTimeoutMs = 600_000;

/** @throws {CliError} as `withDatabase`, or when the Admin API refuses. */
export async function withInvoices<Result>(
  stack: FoundStack | RemoteStack,
  context: CommandContext,
  work: (invoices: CommandInvoices, accounts: AccountStore) => Promise<Result>,
): Promise<Result> {
  if (isRemote(stack)) {
    const { createRemoteAccounts } = await import("../remote/remote-accounts.ts");
    const { createRemoteInvoices } = await import("../remote/remote-invoices.ts");
    const client = await openClient(stack);
    return work(createRemoteInvoices(client), createRemoteAccounts(client));
  }
  const { auditActor: actor } = stack;
  const useDatabase = async (db: Db) => {
    const { createStoredAccounts } = await import("./stored-accounts.ts");
    const { createStoredInvoices } = await import("./stored-invoices.ts");
    const invoices = createStoredInvoices({ db, actor, readStripe: () => readStripe(context) });
    return work(invoices, createStoredAccounts({ db, actor }));
  };
  return withDatabase(stack, useDatabase, statementTimeoutMs);
}
