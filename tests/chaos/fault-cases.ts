/** The faults of `pnpm chaos runners`: what one runner is made to do while a good one stands beside it, and what must come of it. */
import type { FakeRunnerSettingsChange } from "@tera/testkit";

export type Faults = NonNullable<FakeRunnerSettingsChange["faults"]>;

export interface FaultCase {
  name: string;
  faults: Faults;
  /**
   * - `command`: it is told to be well again.
   * - `itself`: it is well after `faults[0].forMs`.
   * - `restart`: its process is gone; a new one starts at the same port, slowly.
   */
  healedBy: "command" | "itself" | "restart";
  /** It strikes after the first token: streams that a client reads then may end in an error frame. */
  midStream: boolean;
  /** The runner must be taken out of rotation. */
  ejects: boolean;
  /** Also struck under one request at a time, where the errors until its ejection can be counted one by one. */
  oneByOne: boolean;
}

/** Longer than any of the gateway's deadlines would let a request wait: only a canary finds out. See layouts. */
export const healthLies: FaultCase = faultCase("health-lies", { kind: "hang-before-headers" });

/** Where every answer has at least 16 tokens, this is in the middle. */
const afterTokens = 6;
export const slowStartMs = 1_500;

export const faultCases: readonly FaultCase[] = [
  faultCase("status-500", { kind: "status" }),
  // Two in a row are no reason to eject.
  faultCase("status-500-twice", { kind: "status", times: 2 }, { ejects: false }),
  faultCase("status-503", { kind: "status", status: 503 }),
  faultCase("status-429", { kind: "status", status: 429, retryAfterS: 1 }),
  faultCase("html-502", { kind: "html", status: 502 }),
  faultCase("html-200", { kind: "html", status: 200 }),
  faultCase("reset-before-headers", { kind: "reset-before-headers" }),
  faultCase("reset-after-headers", { kind: "reset-after-headers" }),
  faultCase("hang-before-headers", { kind: "hang-before-headers" }),
  faultCase("hang-mid-stream", { kind: "hang-mid-stream", afterTokens }, { midStream: true }),
  faultCase("reset-mid-stream", { kind: "reset-mid-stream", afterTokens }, { midStream: true }),
  faultCase("exit", { kind: "exit", afterTokens }, { midStream: true, healedBy: "restart" }),
  faultCase("half-event", { kind: "half-event", afterTokens }, { midStream: true }),
  faultCase("broken-json", { kind: "broken-json", afterTokens }, { midStream: true }),
  faultCase("long-line", { kind: "long-line", afterTokens }, { midStream: true }),
  faultCase("crlf-and-comments", { kind: "crlf-and-comments" }, { ejects: false }),
  faultCase("every-byte-apart", { kind: "every-byte-apart" }, { ejects: false }),
  faultCase("usage-negative", { kind: "usage", promptTokens: -7, completionTokens: -1 }, { ejects: false }),
  faultCase("usage-absurd", { kind: "usage", promptTokens: 9e15, completionTokens: 9e15 }, { ejects: false }),
  // Whole and positive, but more than the request allowed, and fewer than its prompt has.
  faultCase("usage-wrong", { kind: "usage", promptTokens: 0, completionTokens: 100_000 }, { ejects: false }),
  faultCase("slow-start", { kind: "slow-start", forMs: slowStartMs }, { healedBy: "itself" }),
  faultCase("slow-start-refusing", { kind: "slow-start", forMs: slowStartMs, answer: "reset" }, { healedBy: "itself" }),
];

function faultCase(name: string, fault: Faults[number], more: Partial<FaultCase> = {}): FaultCase {
  const { healedBy = "command", midStream = false, ejects = true } = more;
  // What hangs takes a deadline each time, and what dies has nothing more to say.
  const oneByOne = ejects && healedBy === "command" && !fault.kind.startsWith("hang");
  return { name, faults: [fault], healedBy, midStream, ejects, oneByOne };
}
