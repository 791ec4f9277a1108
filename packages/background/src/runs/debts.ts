/** Collects what accounts owe for payments that were taken back, and tells of disputes. */
import type { Db } from "@tera/database";
import { collectDebts, formatUsd, readDisputes } from "@tera/metering";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { Run } from "../run.ts";

const accountsMax = 1_000;
const disputesMax = 1_000;
/** Told once each; a run that was away for longer than this leaves out what is older. */
const disputesAgeMaxMs = 7 * 86_400_000;

export interface DebtsDependencies {
  db: Db;
  /** Of the bookings. */
  author: string;
  noticeStore: NoticeStore | undefined;
}

export function createDebtsRun({ db, author, noticeStore }: DebtsDependencies): Run {
  return {
    name: "debts",
    schedule: { everyMs: 60_000 },
    attemptsMax: 1,
    async work(signal) {
      const { accounts, collectedNano } = await collectDebts(db, { author, accountsMax, signal });
      const told = await noticeStore?.add(
        (await readDisputes(db, { maxAgeMs: disputesAgeMaxMs, limit: disputesMax })).map(
          ({ reference, accountId, accountName, reason, withdrawnNano, debtNano }) => ({
            type: "payment.disputed",
            reference,
            payload: {
              accountId,
              accountName,
              reason,
              withdrawn: formatUsd(withdrawnNano),
              debt: formatUsd(debtNano),
            },
          }),
        ),
      );
      return { accounts, collected: formatUsd(collectedNano), told: told ?? 0 };
    },
  };
}
