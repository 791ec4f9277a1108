/** Checks the whole ledger every day. What it finds is logged, counted, and told. */
import type { Db } from "@tera/database";
import { checkLedger, countByInvariant } from "@tera/metering";
import { z } from "zod";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { BackgroundLog, Run } from "../run.ts";

export interface LedgerCheckDependencies {
  db: Db;
  noticeStore: NoticeStore | undefined;
  log: BackgroundLog;
}

/** Its outcome, as Postgres keeps it. */
export const ledgerOutcomeSchema = z.object({ byInvariant: z.record(z.string(), z.number()) });

export function createLedgerCheck({ db, noticeStore, log }: LedgerCheckDependencies): Run {
  return {
    name: "ledger-check",
    schedule: { pattern: "40 3 * * *", dueAfterMs: 26 * 3_600_000 },
    attemptsMax: 3,
    async work() {
      const findings = await checkLedger({ db });
      for (const { invariant, problem, cause, count, rows } of findings) {
        log.error({ invariant, problem, cause, count, rows }, "the ledger does not add up");
      }
      if (findings.length > 0) {
        const day = new Date().toISOString().slice(0, 10);
        const told = findings.map(({ invariant, problem, cause, count }) => ({ invariant, problem, cause, count }));
        await noticeStore?.add([{ type: "ledger.findings", reference: day, payload: { day, findings: told } }]);
      }
      return { findings: findings.length, byInvariant: Object.fromEntries(countByInvariant(findings)) };
    },
  };
}
