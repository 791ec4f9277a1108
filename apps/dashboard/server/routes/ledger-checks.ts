/** `/admin/api/ledger-checks`: whether the money adds up, looked at when somebody asks. It changes nothing. */
import type { Db } from "@tera/database";
import {
  checkLedger,
  compareEngineCounts,
  describeProblem,
  isMereWarning,
  ledgerInvariants,
  toDriftFindings,
} from "@tera/metering";
import type { FastifyBaseLogger } from "fastify";
import { type LedgerCheck, latestLedgerCheckSchema, ledgerCheckSchema } from "../../api/ledger-check.ts";
import { mustSeeAll } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { createTaskBoard } from "../tasks.ts";

type CheckResult = NonNullable<LedgerCheck["result"]>;

/** @param longDb whose statements may take minutes: all usage is looked at. */
export function registerLedgerCheckRoutes(
  app: AdminApp,
  { longDb, log }: { longDb: Db; log: FastifyBaseLogger },
): void {
  const board = createTaskBoard<CheckResult>({ what: "A check of the ledger", log });
  app.addHook("onClose", () => board.close());

  app.post(
    "/ledger-checks",
    {
      config: { permission: "billing:write" },
      schema: { summary: "Check whether the money adds up", response: { 200: ledgerCheckSchema } },
    },
    async ({ actor }) => {
      mustSeeAll(actor);
      return board.start(actor, check);
    },
  );

  app.get(
    "/ledger-checks/latest",
    {
      config: { permission: "billing:read" },
      schema: { summary: "The last check, or the one that runs", response: { 200: latestLedgerCheckSchema } },
    },
    async ({ actor }) => {
      mustSeeAll(actor);
      return { check: board.latest() ?? null };
    },
  );

  async function check(): Promise<CheckResult> {
    const found = await checkLedger({ db: longDb });
    const compared = await compareEngineCounts(longDb);
    const all = [...found, ...toDriftFindings(compared.drifts)];
    return {
      invariants: Object.entries(ledgerInvariants).map(([key, says]) => {
        const number = Number(key);
        const findings = all
          .filter(({ invariant }) => invariant === number)
          .map(({ problem, count, rows, cause }) => ({ problem, says: describeProblem(problem), count, rows, cause }));
        const isCompared = number !== 6 || compared.stretches > 0;
        const isHarmless = findings.every(({ problem }) => isMereWarning(problem));
        const whenFound = isHarmless ? "warning" : "broken";
        const whenNot = isCompared ? "holds" : "skipped";
        return { number, says, status: findings.length > 0 ? whenFound : whenNot, findings };
      }),
    };
  }
}
