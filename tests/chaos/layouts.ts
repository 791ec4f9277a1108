/** Where the bad runner and the good one stand. */
import type { StackOptions } from "@tera/testkit";
import { type FaultCase, faultCases, healthLies } from "./fault-cases.ts";

export interface Layout {
  name: string;
  workers: number;
  gateway: Readonly<Record<string, string>>;
  cases: readonly FaultCase[];
}

/** So that a row takes seconds; far above what a healthy answer of the fake runner takes, on a busy machine too. */
const shortDeadlines = { TERA_GATEWAY_FIRST_TOKEN_MS: "2500", TERA_GATEWAY_BETWEEN_TOKENS_MS: "2500" };

export const layouts: readonly Layout[] = [
  { name: "two-workers", workers: 2, gateway: shortDeadlines, cases: faultCases },
  { name: "one-worker", workers: 1, gateway: shortDeadlines, cases: faultCases },
  // With the gateway's own deadlines, minutes long: nothing but the worker's canary can tell that the engine is dead.
  { name: "patient-gateway", workers: 2, gateway: {}, cases: [healthLies] },
];

/** An answer takes a fraction of a second: long enough to be struck in its middle. */
export const runnerSettings = { slots: 16, ttftMs: 5, msPerToken: 5 };

export function stackOptions({ workers, gateway }: Layout): StackOptions {
  return { workers, fakeRunners: 2, runner: runnerSettings, env: { gateway } };
}
