/** Tops up accounts that are low, where a payment provider is set up, and tells of charges that were refused: also of those of which only its webhook has told. */
import type { Db } from "@tera/database";
import { createAutoTopUpStore, describeAutoTopUp, type PaymentProvider, runAutoTopUp } from "@tera/metering";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { BackgroundLog, Run } from "../run.ts";

const refusedMax = 1_000;
/** Told once each; a run that was away for longer than this leaves out what is older. */
const refusedAgeMaxMs = 2 * 86_400_000;

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
      for (const each of failed) log.warn(each, "an automatic top-up was refused");
      const refused = await createAutoTopUpStore({ db }).listRefused({ maxAgeMs: refusedAgeMaxMs, limit: refusedMax });
      await noticeStore?.add(
        refused.map(({ charge: { id: chargeId, accountId, failure: reason }, setting }) => {
          const now = setting === undefined ? undefined : describeAutoTopUp(setting, reason);
          const next = { state: now?.state ?? "off", retryAt: now?.retryAt?.toISOString() ?? null };
          return { type: "top_up.failed", reference: chargeId, payload: { accountId, chargeId, reason, ...next } };
        }),
      );
      return { paid, open, failed: failed.length };
    },
  };
}
