/** One line of the result of `pnpm chaos money`. Money is in nano-USD, as decimal strings: it is not a number of JavaScript. */
import { renderTextTable } from "../text-table.ts";

export interface MoneyRow {
  case: string;
  runs: number;
  /** Requests that were sent. */
  started: number;
  /** Requests that were charged something. */
  charged: number;
  /** Requests that a runner served and that are not on record. */
  lost: number;
  /** Records of a request beyond its first. */
  duplicate: number;
  /** Sum of the differences between charges and the independent recomputation. */
  mischargedNanoUsd: string;
  /** What accounts were charged beyond their credit, write-offs included. */
  overspendNanoUsd: string;
  met: boolean;
  /** What was not met, in words. */
  problems: string[];
}

/** What a case adds up while it runs. */
export interface MoneyCount {
  runs: number;
  started: number;
  charged: number;
  lost: number;
  duplicate: number;
  mischargedNano: bigint;
  overspendNano: bigint;
  problems: string[];
}

export function emptyCount(): MoneyCount {
  return {
    runs: 0,
    started: 0,
    charged: 0,
    lost: 0,
    duplicate: 0,
    mischargedNano: 0n,
    overspendNano: 0n,
    problems: [],
  };
}

const problemsShownMax = 10;

export function toRow(name: string, count: MoneyCount): MoneyRow {
  const { runs, started, charged, lost, duplicate, mischargedNano, overspendNano } = count;
  const problems = [
    ...(runs === 0 || started === 0 ? ["nothing was tried"] : []),
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(duplicate > 0 ? [`${duplicate} charged twice`] : []),
    ...(mischargedNano > 0n ? [`${mischargedNano} nano-USD mischarged`] : []),
    ...(overspendNano > 0n ? [`${overspendNano} nano-USD overspent`] : []),
    ...count.problems.slice(0, problemsShownMax),
  ];
  return {
    case: name,
    runs,
    started,
    charged,
    lost,
    duplicate,
    mischargedNanoUsd: mischargedNano.toString(),
    overspendNanoUsd: overspendNano.toString(),
    met: problems.length === 0,
    problems,
  };
}

/** For a terminal. */
export function renderMoneyTable(rows: readonly MoneyRow[]): string {
  const columns = [
    "case",
    "runs",
    "started",
    "charged",
    "lost",
    "duplicate",
    "mischargedNanoUsd",
    "overspendNanoUsd",
    "met",
  ] as const;
  return renderTextTable(
    columns,
    rows.map((row) => columns.map((name) => String(row[name]))),
  );
}
