/** Lets so many through at once, and turns the others away: for what keeps this process or the database busy for seconds. */
import { AdminError } from "./errors.ts";

export type Turnstile = <Answer>(work: () => Promise<Answer>) => Promise<Answer>;

/** @throws {AdminError} `too_many_requests` by what it returns */
export function createTurnstile({ atOnceMax, what }: { atOnceMax: number; what: string }): Turnstile {
  let inside = 0;
  return async (work) => {
    if (inside >= atOnceMax) {
      throw new AdminError("too_many_requests", `${what} are being made for others. Try again in a moment.`);
    }
    inside++;
    try {
      return await work();
    } finally {
      inside--;
    }
  };
}
