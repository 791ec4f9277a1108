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
import { type FoundStack, isRemote, type RemoteStack } from "../stack/find-stack.ts";
import { openClient, withDatabase } from "../stack/open-stack.ts";
import type { Finding } from "./finding.ts";

/** For one query over all usage there is. */
const queryMaxMs = 3_600_000;

const checked = [1, 2, 3, 4, 5, 6, 8] as const;

/** @throws {CliError} when the database cannot be asked, or the Admin API refuses. */
export async function checkStackLedger(stack: FoundStack | RemoteStack): Promise<Finding[]> {
  const { problems, compared } = await (isRemote(stack) ? askAdminApi(stack) : lookAtDatabase(stack));
  return checked.flatMap((invariant): Finding[] => {
    const broken = problems.filter((problem) => problem.invariant === invariant);
    const check = `ledger ${invariant}`;
    if (invariant === 6 && broken.length === 0) return [{ check, ...agreement(compared) }];
    if (broken.length === 0) return [{ check, status: "ok", found: `${capital(ledgerInvariants[invariant])}.` }];
    return broken.map((problem) => ({ check, ...toFinding(problem) }));
  });
}

/** What does not hold. */
interface Problem extends Pick<LedgerFinding, "count" | "rows" | "cause"> {
  invariant: number;
  says: string;
  isMereWarning: boolean;
}

interface Looked {
  problems: Problem[];
  compared: Pick<EngineComparison, "runners" | "stretches">;
}

async function lookAtDatabase(stack: FoundStack): Promise<Looked> {
  const { found, compared } = await withDatabase(
    stack,
    async (db) => ({ found: await checkLedger({ db }), compared: await compareEngineCounts(db) }),
    queryMaxMs,
  );
  const problems = [...found, ...toDriftFindings(compared.drifts)].map(
    ({ invariant, problem, count, rows, cause }) => ({
      invariant,
      says: describeProblem(problem),
      isMereWarning: isMereWarning(problem),
      count,
      rows,
      cause,
    }),
  );
  return { problems, compared };
}

async function askAdminApi(stack: RemoteStack): Promise<Looked> {
  const { checkLedgerRemotely } = await import("../remote/remote-ledger-check.ts");
  const { invariants, compared } = await checkLedgerRemotely(await openClient(stack));
  const problems = invariants.flatMap(({ number, findings }) =>
    findings.map((finding) => ({ invariant: number, ...finding })),
  );
  return { problems, compared };
}

function agreement({ runners, stretches }: Looked["compared"]): Omit<Finding, "check"> {
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

function toFinding({ says, isMereWarning: isWarning, count, rows, cause }: Problem): Omit<Finding, "check"> {
  const rest = count > rows.length ? [`and ${count - rows.length} more`] : [];
  return {
    status: isWarning ? "warning" : "broken",
    found: `${count} found: ${says}.`,
    fix: `Known cause: ${cause} Nothing is changed by this check; docs/failure-modes.md says how to go on.`,
    rows: [...rows, ...rest],
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
