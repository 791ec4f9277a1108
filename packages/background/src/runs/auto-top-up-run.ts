/** Tops up accounts that are low, where a payment provider is set up. */
import type { Db } from "@tera/database";
import { type PaymentProvider, runAutoTopUp } from "@tera/metering";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { BackgroundLog, Run } from "../run.ts";

export interface AutoTopUpDependencies {
  db: Db;
  provider: PaymentProvider;
  noticeStore: NoticeStore | undefined;
  log: BackgroundLog;
}

export function createAutoTopUpRun({ db, provider, noticeStore, log }: AutoTopUpDependencies): Run {
  return {
    name: "auto-top-up",
    schedule: { everyMs: 60_000 },
    attemptsMax: 1,
    async work(signal) {
      const { paid, open, failed } = await runAutoTopUp(db, provider, signal);
      for (const each of failed) log.warn(each, "an automatic top-up was refused; it is paused");
      await noticeStore?.add(
        failed.map(({ accountId, chargeId, reason }) => ({
          type: "top_up.failed",
          reference: chargeId,
          payload: { accountId, chargeId, reason },
        })),
      );
      return { paid, open, failed: failed.length };
    },
  };
}
