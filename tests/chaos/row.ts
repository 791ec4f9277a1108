/** One line of the result, and what makes it good. */
import type { Outcome, OutcomeKind } from "./ask.ts";
import type { FaultCase } from "./fault-cases.ts";
import { renderTextTable } from "./text-table.ts";

export interface Row {
  fault: string;
  layout: string;
  started: number;
  finished: number;
  /** Streams that broke after their first token, and said so. */
  errorFrames: number;
  /** Requests without an end within the bound. */
  hung: number;
  /** Errors before the first token, wrong texts, silent ends. */
  clientErrors: number;
  /** On average, as the usage events say; null when there are none. */
  attemptsPerRequest: number | null;
  /** How often the fault struck, canaries and pages included. */
  strikes: number;
  /** See ejection.ts; under one request at a time where the case says so, else under the load. Null when it stayed in rotation. */
  ejectedAfterErrors: number | null;
  /** From the beginning of the fault until the runner was seen out of rotation; null when it stayed. */
  outAfterSeconds: number | null;
  /** From healing until the runner has finished a request again; null when it did not. */
  recoverySeconds: number | null;
  /** Requests without a usage event, and finished ones whose event is not the truth. */
  usageMissing: number;
  usageWrong: number;
  met: boolean;
  /** What was not met, in words. */
  problems: string[];
}

const ejectedAfterErrorsMax = 3;
const recoverySecondsMax = 10;

export type Measured = Omit<Row, "met" | "problems" | "started" | OutcomeKindColumn>;
type OutcomeKindColumn = "finished" | "errorFrames" | "hung" | "clientErrors";

export function judge(faultCase: FaultCase, measured: Measured, outcomes: readonly Outcome[]): Row {
  const count = (kind: OutcomeKind) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const row = {
    ...measured,
    started: outcomes.length,
    finished: count("finished"),
    errorFrames: count("errorFrame"),
    hung: count("hung"),
    clientErrors: count("clientError"),
  };
  const problems = [
    row.finished === 0 && "nothing was finished",
    row.strikes === 0 && "the fault never struck",
    row.clientErrors > 0 && "clients saw errors before the first token",
    row.hung > 0 && "requests hung",
    row.errorFrames > 0 && !faultCase.midStream && "streams broke",
    row.ejectedAfterErrors === null && faultCase.ejects && "it stayed in rotation",
    (row.ejectedAfterErrors ?? 0) > ejectedAfterErrorsMax && "it was ejected too late",
    (row.recoverySeconds ?? Number.POSITIVE_INFINITY) > recoverySecondsMax && "it did not come back in time",
    row.usageMissing > 0 && "usage was lost",
    row.usageWrong > 0 && "usage was recorded wrong",
  ].filter((problem) => problem !== false);
  return { ...row, met: problems.length === 0, problems };
}

/** For a terminal. */
export function renderTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== "problems") as (keyof Row)[];
  return renderTextTable(
    columns,
    rows.map((row) => columns.map((name) => show(row[name]))),
  );
}

function show(value: Row[keyof Row]): string {
  if (value === null) return "-";
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}
