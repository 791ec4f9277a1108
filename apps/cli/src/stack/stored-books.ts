/** The books of Postgres, as commands read and move them: each move with its entry in the audit log. */
import { type AuditActor, changeAudited } from "@tera/access";
import type { Db } from "@tera/database";
import {
  type CreditMove,
  createAutoTopUpStore,
  createLedgerStore,
  createSpendStore,
  formatAutoTopUpSetting,
  formatUsd,
  readDebt,
  summarizeAutoTopUp,
} from "@tera/metering";
import type { Books } from "./command-stores.ts";

type MoveKind = "top_up" | "refund" | "adjustment";

export function createStoredBooks({ db, actor }: { db: Db; actor: AuditActor }): Books {
  const { balance, balances, list } = createLedgerStore({ db });

  /** @returns the transaction's id; undefined: its reference was booked before. */
  async function move(kind: MoveKind, wanted: CreditMove): Promise<bigint | undefined> {
    const { accountId, amountNano, reason, reference } = wanted;
    return changeAudited(db, actor, async (tx) => {
      const { topUp, refund, adjust } = createLedgerStore({ db: tx });
      const made = await { top_up: topUp, refund, adjustment: adjust }[kind](wanted);
      const amount = formatUsd(kind === "refund" ? -amountNano : amountNano);
      const after = { kind, amount, reason, reference, ledgerTransactionId: made };
      const entry = { action: "credit.move", ...describe(accountId), after };
      return { answer: made, entry: made === undefined ? undefined : entry };
    });
  }

  return {
    ledger: {
      balance,
      balances,
      list,
      topUp: (wanted) => move("top_up", wanted),
      refund: (wanted) => move("refund", wanted),
      adjust: (wanted) => move("adjustment", wanted),
    },
    spend: createSpendStore({ db }),
    readDebtNano: (accountId) => readDebt(db, accountId),
    readTopUps: async (accountId) => summarizeAutoTopUp(await createAutoTopUpStore({ db }).find(accountId)),
    async setTopUp(accountId, setting) {
      await changeAudited(db, actor, async (tx) => {
        const store = createAutoTopUpStore({ db: tx });
        const before = summarizeAutoTopUp(await store.find(accountId)).setting ?? undefined;
        if (setting === undefined) {
          await store.clear(accountId);
          const entry = { action: "credit.auto_top_up_off", ...describe(accountId), before };
          return { answer: undefined, entry: before === undefined ? undefined : entry };
        }
        await store.set(accountId, setting);
        const after = formatAutoTopUpSetting(setting);
        return { answer: undefined, entry: { action: "credit.auto_top_up", ...describe(accountId), before, after } };
      });
    },
  };
}

function describe(accountId: string) {
  return { objectKind: "account", objectId: accountId, accountId };
}
