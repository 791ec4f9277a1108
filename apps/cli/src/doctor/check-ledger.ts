/** The ledger, and what is metered against what engines count: one line for each invariant that holds, and for each that does not what is wrong, with the rows concerned. */
import {
  checkLedger,
  compareEngineCounts,
  describeProblem,
  type EngineComparison,
  isMereWarning,
  type LedgerFinding,
  ledgerInvariants,
  toDriftFindings,
} from "@tera/metering";
import type { FoundStack } from "../stack/find-stack.ts";
import { withDatabase } from "../stack/open-stack.ts";
import type { Finding } from "./finding.ts";

/** For one query over all usage there is. */
const queryMaxMs = 3_600_000;

const checked = [1, 2, 3, 4, 5, 6, 8] as const;

/** @throws {CliError} when the database cannot be asked. */
export async function checkStackLedger(stack: FoundStack): Promise<Finding[]> {
  const { found, compared } = await withDatabase(
    stack,
    async (db) => ({ found: await checkLedger({ db }), compared: await compareEngineCounts(db) }),
    queryMaxMs,
  );
  const all = [...found, ...toDriftFindings(compared.drifts)];
  return checked.flatMap((invariant): Finding[] => {
    const broken = all.filter((finding) => finding.invariant === invariant);
    const check = `ledger ${invariant}`;
    if (invariant === 6 && broken.length === 0) return [{ check, ...agreement(compared) }];
    if (broken.length === 0) return [{ check, status: "ok", found: `${capital(ledgerInvariants[invariant])}.` }];
    return broken.map((finding) => ({ check, ...toFinding(finding) }));
  });
}

function agreement({ runners, stretches }: EngineComparison): Omit<Finding, "check"> {
  if (stretches === 0) {
    return {
      status: "skipped",
      found: "In the last seven days no engine's counters were read over a time that is past by ten minutes.",
      fix: "Start vLLM without --disable-log-stats, SGLang with --enable-metrics, llama-server with --metrics; other engines have no counters to compare with.",
    };
  }
  const found = `${capital(ledgerInvariants[6])}: ${stretches} stretches of time of ${runners} runners compared.`;
  return { status: "ok", found };
}

function toFinding({ problem, count, rows, cause }: LedgerFinding): Omit<Finding, "check"> {
  const rest = count > rows.length ? [`and ${count - rows.length} more`] : [];
  return {
    status: isMereWarning(problem) ? "warning" : "broken",
    found: `${count} found: ${describeProblem(problem)}.`,
    fix: `Known cause: ${cause} Nothing is changed by this check; docs/failure-modes.md says how to go on.`,
    rows: [...rows, ...rest],
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
