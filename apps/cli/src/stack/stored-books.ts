/** The books of Postgres, as commands read them. */
import type { Db } from "@tera/database";
import { describeTopUps } from "../commands/credit/top-up-text.ts";
import type { Books } from "./command-stores.ts";

export async function createStoredBooks(db: Db): Promise<Books> {
  const metering = await import("@tera/metering");
  return {
    ledger: metering.createLedgerStore({ db }),
    spend: metering.createSpendStore({ db }),
    readDebtNano: (accountId) => metering.readDebt(db, accountId),
    readTopUps: async (accountId) =>
      describeTopUps(await metering.createAutoTopUpStore({ db }).find(accountId), metering),
  };
}
