/** What an operator is told of a server that does not serve: what it waits for, for how long, and what the server said last. */
import { type ProcessState, phaseLimitMs } from "./process-state.ts";

const lineShownMax = 160;
const linesShown = 3;

export interface ProcessFacts {
  runnerId: string;
  nowMs: number;
  port: number | undefined;
  startTimeoutMs: number;
  /** What the health check says of it. */
  probeProblem: string | undefined;
  /** The newest lines of its output, oldest first. */
  lastLines: readonly string[];
}

/** @returns undefined while there is nothing to explain. */
export function describeProcess(state: ProcessState, facts: ProcessFacts): string | undefined {
  const seconds = Math.floor((facts.nowMs - state.sinceMs) / 1_000);
  switch (state.phase) {
    case "idle":
    case "launching":
      return `its process is being started${before(state)}`;
    case "starting":
      return `${seconds} s since its start${before(state)}${waitingFor(facts)}${saying(facts.lastLines.slice(-1))}`;
    case "silent":
      return `no answer for ${seconds} s (${facts.probeProblem ?? "no answer"})${saying(facts.lastLines.slice(-1))}`;
    case "ending":
      return `${state.problem}; what is left of it is being ended`;
    case "pausing": {
      const leftMs = (phaseLimitMs(state, facts.startTimeoutMs) ?? 0) - (facts.nowMs - state.sinceMs);
      const next = `started again in ${Math.max(1, Math.ceil(leftMs / 1_000))} s`;
      const inARow = state.failures > 1 ? `, failure ${state.failures} in a row` : "";
      const where = facts.lastLines.length === 0 ? "" : ` (tera runners logs ${facts.runnerId})`;
      return `${state.problem}; ${next}${inARow}${where}${saying(facts.lastLines.slice(-linesShown))}`;
    }
    case "serving":
    case "stopping":
    case "stopped":
      return undefined;
  }
}

function before({ failures, problem }: ProcessState): string {
  return problem === undefined ? "" : ` (again, after failure ${failures}: ${problem})`;
}

function waitingFor({ port, probeProblem }: ProcessFacts): string {
  // "Connection refused" every second is how every server starts.
  if (probeProblem === undefined || /ECONNREFUSED|not reached/.test(probeProblem)) return `, not yet on port ${port}`;
  return `, ${probeProblem}`;
}

function saying(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `; it said: ${lines.map((line) => cut(line.trim())).join(" | ")}`;
}

function cut(line: string): string {
  return line.length > lineShownMax ? `${line.slice(0, lineShownMax)}…` : line;
}
