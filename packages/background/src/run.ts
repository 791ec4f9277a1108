/**
 * A run: work that nobody asks for, done again and again. It finds in Postgres what is to be done, does it so that a repetition does no harm, and may be cut off anywhere.
 *
 * That is what makes the queue replaceable: whether a run is started twice, by two gateways at once, or again after a crash, the outcome is the same.
 */

export interface Run {
  /** `invoices`: names its scheduler, its row and its metrics. */
  readonly name: string;
  readonly schedule:
    | {
        /** Cron, UTC. */ readonly pattern: string /** How long it may be since the last success. */;
        readonly dueAfterMs: number;
      }
    | { readonly everyMs: number };
  /** Tries before it is left to the next time. */
  readonly attemptsMax: number;
  /** @returns what was done, in a few words and numbers; kept in Postgres. No money as a JavaScript number. */
  work(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}

export interface BackgroundLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function dueAfterMs({ schedule }: Run): number {
  return "everyMs" in schedule ? 3 * schedule.everyMs : schedule.dueAfterMs;
}
