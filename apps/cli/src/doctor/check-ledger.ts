/** The ledger, and what is metered against what engines count: one line for each invariant that holds, and for each that does not what is wrong, with the rows concerned. */
import {
  checkLedger,
  compareEngineCounts,
  type EngineComparison,
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

/** What was found, in words; the problem's name stands for what it is. */
const said: Record<string, string> = {
  transaction_unbalanced: "ledger transactions do not sum to 0",
  balance_differs: "balances are not the sum of their ledger entries",
  balance_without_ledger: "balances have no ledger",
  purse_missing: "accounts have a ledger and no balance",
  entry_without_transaction: "ledger entries belong to no transaction",
  invoice_differs: "invoices and receivables disagree",
  invoice_lines_differ: "invoices are not the sum of their lines",
  invoice_not_booked: "invoices are not what was booked for them",
  invoice_gap: "invoices are missing",
  invoice_range_differs: "invoices do not ask for what lies in their range of the ledger",
  bound_differs: "prepaid accounts may go below zero, or others may not",
  available_negative: "purses have more in leases than there is",
  went_below_zero: "prepaid accounts went below zero",
  guard_missing: "guards of the ledger are not in place",
  charge_differs: "charges are not the usage times its price",
  corrected_charge_differs: "corrected charges are not the usage times the corrected price",
  price_unknown: "requests name a price that is not there",
  price_not_in_force: "requests were charged by a price that was not in force",
  counts_impossible: "requests have counts that cannot be",
  event_twice: "requests have more than one usage event",
  event_not_posted: "charges are not in the ledger",
  posting_differs: "postings are not the sum of their usage events",
  roll_up_differs: "hourly sums are not the sum of their usage events",
  day_differs: "daily sums are not the sum of their hours",
  lease_overdue: "leases are past their term",
  leases_differ: "purses and leases disagree",
  closed_lease_holds: "closed leases hold credit",
  chain_gap: "ledger transactions are missing",
  chain_broken: "ledger transactions do not name the one before",
  engine_counted_more: "stretches of time in which an engine made more tokens than it was asked for here",
  engine_counted_less: "stretches of time in which an engine counted fewer tokens than its answers said",
  usage_not_booked: "stretches of time in which more tokens were served than usage events have",
  usage_not_served: "stretches of time in which usage events have more tokens than were served",
  hash_differs: "ledger transactions are not what their hash was made of",
};

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

/** Not money that is wrong: credit that is out of reach for a while, and tokens that nobody bought here. */
const warnings = ["lease_overdue", "engine_counted_more", "engine_counted_less"];

function toFinding({ problem, count, rows, cause }: LedgerFinding): Omit<Finding, "check"> {
  const rest = count > rows.length ? [`and ${count - rows.length} more`] : [];
  return {
    status: warnings.includes(problem) ? "warning" : "broken",
    found: `${count} found: ${said[problem] ?? problem}.`,
    fix: `Known cause: ${cause} Nothing is changed by this check; docs/failure-modes.md says how to go on.`,
    rows: [...rows, ...rest],
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
