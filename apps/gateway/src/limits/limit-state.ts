/** How far a key is in its limits, and the headers that say so as OpenAI does: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`. */

/** One limit per minute; of several, the one that is nearest to refusing. */
export interface WindowState {
  limit: number;
  remaining: number;
  /** Until all of it is there again. Milliseconds. */
  resetMs: number;
}

export interface LimitState {
  requests?: WindowState;
  tokens?: WindowState;
}

export function limitHeaders(state: LimitState): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const kind of ["requests", "tokens"] as const) {
    const window = state[kind];
    if (window === undefined) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(window.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(window.remaining);
    headers[`x-ratelimit-reset-${kind}`] = formatWait(window.resetMs);
  }
  return headers;
}

/** `0s`, `1s`, `6m0s`: whole seconds, rounded up, so that who waits so long has waited long enough. */
export function formatWait(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
