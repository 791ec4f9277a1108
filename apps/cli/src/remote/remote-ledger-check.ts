/** The check of the ledger through an Admin API. */
import { type LedgerCheck, latestLedgerCheckSchema, ledgerCheckSchema } from "@tera/admin-api/ledger-check";
import { CliError } from "../terminal/cli-error.ts";
import type { AdminClient } from "./admin-client.ts";
import { awaitTask } from "./remote-task.ts";

export async function checkLedgerRemotely(client: AdminClient): Promise<NonNullable<LedgerCheck["result"]>> {
  const ask = async (id: string) => {
    const { check } = await client.get(latestLedgerCheckSchema, "/ledger-checks/latest");
    if (check?.id === id) return check;
    throw new CliError("The dashboard was started anew meanwhile, or another check was begun: begin again.");
  };
  return (await awaitTask(client, ledgerCheckSchema, "/ledger-checks", undefined, ask)).result;
}
