/** How automatic top-ups of an account are doing, for people and programs. */
import type { AutoTopUp, AutoTopUpCharge } from "@tera/database";

export interface AutoTopUpState {
  /** `retrying`: the last charge was refused, and is tried again. `paused`: nothing is charged until somebody sets it anew. */
  state: "on" | "retrying" | "paused";
  /** Why not `on`. */
  reason: string | null;
  /** Not charged again before. */
  retryAt: Date | null;
}

export function describeAutoTopUp(
  { pausedAt, pauseReason, refusals, retryAt }: AutoTopUp,
  lastFailure: AutoTopUpCharge["failure"],
): AutoTopUpState {
  if (pausedAt !== null) return { state: "paused", reason: pauseReason, retryAt: null };
  return refusals === 0
    ? { state: "on", reason: null, retryAt: null }
    : { state: "retrying", reason: lastFailure, retryAt };
}
