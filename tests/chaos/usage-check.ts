/** Compares what is on record for each request with the truth. */
import { type UsageEvent, usageEvent } from "@tera/database";
import type { Stack } from "@tera/testkit";
import { inArray } from "drizzle-orm";
import type { Outcome } from "./ask.ts";

export interface UsageFindings {
  rows: UsageEvent[];
  /** Requests without a record. */
  missing: number;
  /** Finished requests with a wrong record, and how. */
  wrong: string[];
}

const settledWithinMs = 10_000;
/** An estimated prompt, where the engine's own count cannot be believed: anything from a token to a byte each. */
const promptTokensMin = 1;

export async function checkUsage(stack: Stack, outcomes: readonly Outcome[]): Promise<UsageFindings> {
  const ids = outcomes.flatMap(({ requestId }) => requestId ?? []);
  const rows = await readRows(stack, ids);
  const byId = new Map(rows.map((row) => [row.requestId, row]));
  const wrong = outcomes.flatMap((outcome) => {
    const row = outcome.requestId === undefined ? undefined : byId.get(outcome.requestId);
    if (row === undefined || outcome.kind !== "finished") return [];
    const problem = findProblem(row, outcome);
    return problem === undefined ? [] : [problem];
  });
  return { rows, missing: ids.length - rows.length, wrong };
}

async function readRows(stack: Stack, ids: readonly string[]): Promise<UsageEvent[]> {
  const deadlineMs = performance.now() + settledWithinMs;
  for (;;) {
    const rows =
      ids.length === 0
        ? []
        : await stack.database.db
            .select()
            .from(usageEvent)
            .where(inArray(usageEvent.requestId, [...ids]));
    if (rows.length >= ids.length || performance.now() > deadlineMs) return rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function findProblem(row: UsageEvent, { expected, question }: Outcome): string | undefined {
  const promptBytes = Buffer.byteLength(JSON.stringify(question.messages));
  const promptIsRight =
    row.usageSource === "engine"
      ? row.promptTokens === expected.promptTokens
      : row.promptTokens >= promptTokensMin && row.promptTokens <= promptBytes;
  if (row.status === "succeeded" && row.completionTokens === expected.completionTokens && promptIsRight)
    return undefined;
  return `${row.status}, ${row.usageSource}: ${row.promptTokens} + ${row.completionTokens} instead of ${expected.promptTokens} + ${expected.completionTokens} tokens`;
}
