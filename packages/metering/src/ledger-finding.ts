/** What a check of the ledger finds, and the invariants that it checks: their numbers are those of the design. */

export const ledgerInvariants = {
  1: "every ledger transaction sums to 0, and every balance is the sum of its entries",
  2: "available credit is never negative",
  3: "every charge is the usage times its price",
  4: "usage events and posted charges are the same, each once",
  5: "no lease outlives its term, and leases are part of the balance",
  6: "what is metered is what the engines count",
  8: "the hash chain is whole",
} as const;
export type LedgerInvariant = 1 | 2 | 3 | 4 | 5 | 6 | 8;

export interface LedgerFinding {
  invariant: LedgerInvariant;
  /** Which of the checks found it: `charge_differs`, `chain_broken`, ... */
  problem: string;
  /** How many rows are concerned. */
  count: number;
  /** The first of them, each in one line of words. */
  rows: string[];
  /** What is known to bring this about, for people. */
  cause: string;
}

/** Rows that a finding shows. */
export const rowsShownMax = 20;

/** Findings per invariant, none included: what a metric for each of them shows. */
export function countByInvariant(findings: readonly LedgerFinding[]): Map<LedgerInvariant, number> {
  const counts = new Map<LedgerInvariant, number>(
    Object.keys(ledgerInvariants).map((number) => [Number(number) as LedgerInvariant, 0]),
  );
  for (const { invariant, count } of findings) counts.set(invariant, (counts.get(invariant) ?? 0) + count);
  return counts;
}

/** Gathers what a walk meets row by row: shows the first ones, counts the others. */
export interface FindingSheet {
  add(problem: string, row: string): void;
  findings(): LedgerFinding[];
}

export function createFindingSheet(
  problems: Readonly<Record<string, Pick<LedgerFinding, "invariant" | "cause">>>,
): FindingSheet {
  const found = new Map<string, LedgerFinding>();
  return {
    add(problem, row) {
      const about = problems[problem];
      if (about === undefined) throw new Error(`no problem is called ${problem}`);
      const finding = found.get(problem) ?? { ...about, problem, count: 0, rows: [] };
      found.set(problem, finding);
      finding.count++;
      if (finding.rows.length < rowsShownMax) finding.rows.push(row);
    },
    findings: () => [...found.values()],
  };
}
