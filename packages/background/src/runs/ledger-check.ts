/** Checks the whole ledger every day, and what is metered against the engines' own counters. What it finds is logged, counted, and told. */
import { type Db, type EngineDriftProblem, engineDriftProblems } from "@tera/database";
import {
  checkLedger,
  compareEngineCounts,
  countByInvariant,
  type EngineDrift,
  forgetEngineCounts,
  storeEngineDrift,
  toDriftFindings,
} from "@tera/metering";
import { z } from "zod";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { BackgroundLog, Run } from "../run.ts";

export interface LedgerCheckDependencies {
  db: Db;
  noticeStore: NoticeStore | undefined;
  log: BackgroundLog;
}

/** Its outcome, as Postgres keeps it. */
export const ledgerOutcomeSchema = z.object({
  byInvariant: z.record(z.string(), z.number()),
  engineDrift: z.record(z.string(), z.number()).default({}),
});

export function createLedgerCheck({ db, noticeStore, log }: LedgerCheckDependencies): Run {
  return {
    name: "ledger-check",
    schedule: { pattern: "40 3 * * *", dueAfterMs: 26 * 3_600_000 },
    attemptsMax: 3,
    async work() {
      const { drifts, runners, stretches } = await compareEngineCounts(db);
      await storeEngineDrift(db, drifts);
      await forgetEngineCounts(db);
      const findings = [...(await checkLedger({ db })), ...toDriftFindings(drifts)];
      for (const { invariant, problem, cause, count, rows } of findings) {
        const what = invariant === 6 ? "metered tokens and engines' counters differ" : "the ledger does not add up";
        log.error({ invariant, problem, cause, count, rows }, what);
      }
      if (findings.length > 0) {
        const day = new Date().toISOString().slice(0, 10);
        const told = findings.map(({ invariant, problem, cause, count }) => ({ invariant, problem, cause, count }));
        await noticeStore?.add([{ type: "ledger.findings", reference: day, payload: { day, findings: told } }]);
      }
      return {
        findings: findings.length,
        byInvariant: Object.fromEntries(countByInvariant(findings)),
        comparedRunners: runners,
        comparedStretches: stretches,
        engineDrift: sumByProblem(drifts),
      };
    },
  };
}

function sumByProblem(drifts: readonly EngineDrift[]): Record<EngineDriftProblem, number> {
  const sums = Object.fromEntries(engineDriftProblems.map((problem) => [problem, 0])) as Record<
    EngineDriftProblem,
    number
  >;
  for (const { problem, tokens } of drifts) sums[problem] += tokens;
  return sums;
}
