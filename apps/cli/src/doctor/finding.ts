/** What a check found. */

/**
 * ok: as it should be. warning: works, but not for long, or not as well as it could. broken: something will not work. skipped: could not be looked at, because
 * something else is missing.
 */
export type FindingStatus = "ok" | "warning" | "broken" | "skipped";

export interface Finding {
  /** What was looked at: `redis`, `postgres`, `runner llama-1`. */
  check: string;
  status: FindingStatus;
  /** One sentence. */
  found: string;
  /** What to do about it; there unless all is well. */
  fix?: string;
  /** What is concerned, each in one line; the first of them where there are many. */
  rows?: string[];
}
