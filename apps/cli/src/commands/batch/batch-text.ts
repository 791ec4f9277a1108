/** A batch as people read it: how far it is, what it costs, why it waits. */
import pc from "picocolors";
import type { ApiBatch } from "../../api/batch-schema.ts";
import { oneLine } from "../../terminal/table.ts";

const barWidth = 24;
const problemsShown = 10;

/** `1,200 of 10,000 lines, 3 failed, $0.42`; before its lines are known only the status. */
export function describeProgress({
  status,
  request_counts: { total, completed, failed },
  cost,
  paused,
}: ApiBatch): string {
  const parts = total === 0 ? [] : [`${count(completed + failed)} of ${count(total)} lines`];
  if (failed > 0) parts.push(`${count(failed)} failed`);
  if (cost !== undefined && total > 0) parts.push(`$${oneLine(cost)}`);
  if (paused) parts.push(`paused: ${oneLine(paused.message ?? paused.reason)}`);
  return [oneLine(status), ...parts].join(", ");
}

/** What is wrong with a file that was refused, the first ones: where, and what. */
export function describeProblems({ errors }: ApiBatch): [where: string, what: string][] {
  const problems = errors?.data ?? [];
  const described = problems
    .slice(0, problemsShown)
    .map(({ line, message }): [string, string] => [line == null ? "error" : `error in line ${line}`, oneLine(message)]);
  if (problems.length > problemsShown) described.push(["", `and ${problems.length - problemsShown} more (--json)`]);
  return described;
}

/** `━━━━────  45 %`. @param part from 0 to 1. */
export function renderBar(part: number): string {
  const filled = Math.floor(Math.min(1, part) * barWidth);
  const percent = `${Math.floor(Math.min(1, part) * 100)}`.padStart(3);
  return `${pc.cyan("━".repeat(filled))}${pc.dim("─".repeat(barWidth - filled))} ${percent} %`;
}

/** A quantity with its groups: `1,200`. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `about 3 min left`, from what was done since the first look; undefined while nothing can be said. */
export function describeRemaining(sinceMs: number, linesDone: number, linesLeft: number): string | undefined {
  if (linesDone === 0 || sinceMs < 1_000 || linesLeft === 0) return undefined;
  const leftSeconds = (linesLeft * sinceMs) / linesDone / 1_000;
  const span =
    leftSeconds < 90
      ? `${Math.ceil(leftSeconds)} s`
      : leftSeconds < 5_400
        ? `${Math.round(leftSeconds / 60)} min`
        : `${Math.round(leftSeconds / 3_600)} h`;
  return `${count(Math.round(linesDone / (sinceMs / 1_000)))} lines/s, about ${span} left`;
}
