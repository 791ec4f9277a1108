/** Ends a text at the first stop string, holding back what may be the start of one, as vLLM does while it streams. */

export interface StopFilter {
  /** @returns the text that is free to go, and the stop string when one was completed: nothing comes after it. */
  push(text: string): { text: string; stop?: string };
  /** What was held back, when the text ended by itself. */
  end(): string;
}

export function createStopFilter(stops: readonly string[]): StopFilter {
  const holdMax = Math.max(0, ...stops.map((stop) => stop.length - 1));
  let held = "";
  return {
    push(text) {
      const buffer = held + text;
      // The earliest end wins: generation would have stopped there, character by character. Of two that end together, the longer.
      let found: { stop: string; start: number } | undefined;
      for (const stop of stops) {
        const start = buffer.indexOf(stop);
        if (start < 0) continue;
        const later = found === undefined ? 1 : found.start + found.stop.length - (start + stop.length);
        if (later > 0 || (later === 0 && found !== undefined && start < found.start)) found = { stop, start };
      }
      if (found !== undefined) {
        held = "";
        return { text: buffer.slice(0, found.start), stop: found.stop };
      }
      let cut = Math.max(0, buffer.length - holdMax);
      // Half an emoji cannot be sent.
      if (isHighSurrogate(buffer.charCodeAt(cut - 1))) cut--;
      held = buffer.slice(cut);
      return { text: buffer.slice(0, cut) };
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
