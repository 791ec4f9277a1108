/** One fault's row: an episode, and what the usage events say of it. */
import type { UsageEvent } from "@tera/database";
import { countEjectedAfter, type Ended } from "./ejection.ts";
import { type Episode, type EpisodeOptions, leftRotation, liveThrough } from "./episode.ts";
import type { FaultCase } from "./fault-cases.ts";
import { judge, type Row } from "./row.ts";
import { checkUsage } from "./usage-check.ts";

export interface RunCaseOptions extends EpisodeOptions {
  layout: string;
  /** Called line by line when the row is not met. */
  log(line: string): void;
}

/** Under parallel load; see ejection.ts. */
const slackMs = 250;

export async function runCase(faultCase: FaultCase, options: RunCaseOptions): Promise<Row> {
  const { stack, layout, log, scale, seed } = options;
  const parallel = await liveThrough(faultCase, options);
  const oneByOne = faultCase.oneByOne
    ? await liveThrough(faultCase, { ...options, seed: seed + 1, scale: { ...scale, clients: 1, faultMs: 0 } })
    : undefined;
  const outcomes = [...parallel.outcomes, ...(oneByOne?.outcomes ?? [])];
  const usage = await checkUsage(stack, outcomes);
  const attempts = usage.rows.reduce((sum, row) => sum + row.attempts, 0);
  const { sighting, begunAtMs, healedAtMs, recoveredAtMs } = parallel;
  const out = leftRotation(parallel.changes, begunAtMs);
  const row = judge(
    faultCase,
    {
      fault: faultCase.name,
      layout,
      attemptsPerRequest: usage.rows.length === 0 ? null : attempts / usage.rows.length,
      strikes: Math.max(sighting.strikes, sighting.diedAtMs === undefined ? 0 : 1),
      ejectedAfterErrors:
        oneByOne === undefined
          ? errorsUntilOut(parallel, usage.rows, slackMs)
          : errorsUntilOut(oneByOne, usage.rows, 0),
      outAfterSeconds: out === undefined ? null : (out.atMs - begunAtMs) / 1_000,
      recoverySeconds: recoveredAtMs === undefined ? null : (recoveredAtMs - healedAtMs) / 1_000,
      usageMissing: usage.missing,
      usageWrong: usage.wrong.length,
    },
    outcomes,
  );
  if (row.met) return row;
  log(`${row.fault} (${layout}): ${row.problems.join("; ")}`);
  for (const line of explain(parallel)) log(`  ${line}`);
  if (oneByOne !== undefined) for (const line of explain(oneByOne)) log(`  one by one: ${line}`);
  for (const line of usage.wrong.slice(0, examplesMax)) log(`  usage: ${line}`);
  return row;
}

/** @param rows usage events, which know the failed attempts of a runner whose own log died with it. */
function errorsUntilOut(episode: Episode, rows: readonly UsageEvent[], slackMs: number): number | null {
  const out = leftRotation(episode.changes, episode.begunAtMs);
  return out === undefined ? null : countEjectedAfter(endedOf(episode, rows), out.atMs, slackMs);
}

function endedOf({ sighting, outcomes }: Episode, rows: readonly UsageEvent[]): Ended[] {
  const { diedAtMs } = sighting;
  if (diedAtMs === undefined) return sighting.ended;
  const failedIds = new Set(rows.filter(({ failedAttempts }) => failedAttempts.length > 0).map((row) => row.requestId));
  return outcomes
    .filter(({ requestId, kind }) => kind !== "finished" || failedIds.has(requestId ?? ""))
    .map(({ startedAtMs }) => ({ failed: true, beganAtMs: startedAtMs, endedAtMs: Math.max(diedAtMs, startedAtMs) }));
}

const examplesMax = 8;

function* explain({ changes, outcomes, begunAtMs, healedAtMs }: Episode): Generator<string> {
  const at = (ms: number) => `${((ms - begunAtMs) / 1_000).toFixed(2)} s`;
  yield `state: ${changes.map(({ state, atMs, reason }) => `${at(atMs)} ${state} ${reason ?? ""}`).join(" | ")}`;
  yield `healed at ${at(healedAtMs)}`;
  const failed = outcomes.filter(({ kind }) => kind !== "finished");
  for (const { kind, why, requestId, question, startedAtMs, endedAtMs } of failed.slice(0, examplesMax)) {
    const what = question.stream ? "stream" : "whole";
    yield `${kind} ${at(startedAtMs)} to ${at(endedAtMs)}, ${what} ${requestId ?? "without id"}: ${why}`;
  }
}
