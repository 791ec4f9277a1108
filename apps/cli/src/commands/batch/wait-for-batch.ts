/** Waits for the end of a batch: a bar on a terminal, a line for each change of its status elsewhere. Leaving ends the wait, not the batch. */
import { setTimeout as delay } from "node:timers/promises";
import { type ApiBatch, batchSchema, hasEnded } from "../../api/batch-schema.ts";
import { type PublicApi, UnavailableError } from "../../api/public-api.ts";
import type { CommandContext } from "../context.ts";
import { describeProgress, describeRemaining, renderBar } from "./batch-text.ts";

const everyMs = 1_000;
/** A gateway that is replaced, or a network that is away for a while, does not end the wait. */
const silenceMaxMs = 300_000;

/** @throws {CliError} when the API refuses, or was silent for five minutes. */
export async function waitForBatch(
  api: PublicApi,
  first: ApiBatch,
  { terminal, setExitCode }: CommandContext,
): Promise<ApiBatch> {
  let batch = first;
  let said = "";
  let silentSinceMs: number | undefined;
  const startMs = Date.now();
  const doneAtStart = countDone(first);

  function show(): void {
    const { redraw } = terminal;
    const { total } = batch.request_counts;
    if (redraw !== undefined) {
      const done = countDone(batch);
      const rate =
        batch.status === "in_progress" && !batch.paused
          ? describeRemaining(Date.now() - startMs, done - doneAtStart, total - done)
          : undefined;
      const bar = total === 0 ? "" : `${renderBar(done / total)}  `;
      const text = [describeProgress(batch), rate].filter((part) => part !== undefined).join(", ");
      // A line that wraps could not be drawn over.
      redraw(`${bar}${text.slice(0, Math.max(10, terminal.columns - (total === 0 ? 1 : 33)))}`);
      return;
    }
    // Elsewhere a line for what changes seldom: a log is read by people too.
    const state = `${batch.status} ${batch.paused?.reason ?? ""}`;
    if (state === said) return;
    said = state;
    terminal.note(`${batch.id}: ${describeProgress(batch)}`);
  }

  try {
    show();
    while (!hasEnded(batch)) {
      await delay(everyMs);
      try {
        batch = await api.ask(batchSchema, `/batches/${encodeURIComponent(batch.id)}`);
        silentSinceMs = undefined;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        silentSinceMs ??= Date.now();
        if (Date.now() - silentSinceMs > silenceMaxMs) throw error;
      }
      show();
    }
  } finally {
    terminal.redraw?.("");
  }
  if (terminal.redraw !== undefined) terminal.note(`${batch.id}: ${describeProgress(batch)}`);
  if (batch.status !== "completed" || batch.request_counts.failed > 0) setExitCode(1);
  return batch;
}

function countDone({ request_counts: { completed, failed } }: ApiBatch): number {
  return completed + failed;
}
