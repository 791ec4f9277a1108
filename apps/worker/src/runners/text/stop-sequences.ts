/**
 * Cuts a text at the first of its stop strings, wherever chunk borders fall: neither a stop string nor a part of one gets out.
 *
 * The stop string that is complete first wins, so the result does not depend on how the text was cut into chunks.
 */

export interface StopSequences {
  /** What of the text so far is certain to be output. Text that may begin a stop string is held back; after a stop all is "". */
  push(text: string): string;
  /** What was held back. */
  end(): string;
  readonly stopped: boolean;
}

export function createStopSequences(stops: readonly string[]): StopSequences {
  let held = "";
  let stopped = false;

  return {
    push(text) {
      if (stopped || stops.length === 0) return stopped ? "" : text;
      held += text;
      const cut = firstStop(held, stops);
      if (cut >= 0) {
        stopped = true;
        const rest = held.slice(0, cut);
        held = "";
        return rest;
      }
      const keep = longestStart(held, stops);
      const free = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return free;
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
    get stopped() {
      return stopped;
    },
  };
}

/** Where the stop string that ends first begins; of several that end there, the longest. -1 without any. */
function firstStop(text: string, stops: readonly string[]): number {
  let start = -1;
  let end = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const stopEnd = at + stop.length;
    if (stopEnd < end || (stopEnd === end && at < start)) {
      start = at;
      end = stopEnd;
    }
  }
  return start;
}

/** Length of the longest end of the text that is the start of a stop string. */
function longestStart(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
