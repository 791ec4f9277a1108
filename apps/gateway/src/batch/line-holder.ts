/**
 * Knows which lines this gateway works at. One that Postgres says it has, and that it does not know, is nobody's: its begin was committed, and the connection broke before
 * the answer. As long as the gateway lives, nobody else would put it back.
 */
import type { LineStore, OpenLine } from "@tera/batch";

export interface LineHolder {
  /** To be called before the line is begun. */
  hold<Result>(line: OpenLine, work: () => Promise<Result>): Promise<Result>;
  /** Puts back what is nobody's. @returns how many. */
  giveBackLost(): Promise<number>;
}

export function createLineHolder(lines: Pick<LineStore, "listRunning" | "giveBack">, gatewayId: string): LineHolder {
  /** An id that was queued twice is worked at twice: the second finds it taken. */
  const held = new Map<string, number>();
  const nameOf = ({ batchId, number }: OpenLine) => `${batchId} ${number}`;

  return {
    async hold(line, work) {
      const name = nameOf(line);
      held.set(name, (held.get(name) ?? 0) + 1);
      try {
        return await work();
      } finally {
        const left = (held.get(name) ?? 1) - 1;
        if (left === 0) held.delete(name);
        else held.set(name, left);
      }
    },
    async giveBackLost() {
      const lost = (await lines.listRunning(gatewayId)).filter((line) => !held.has(nameOf(line)));
      // One that ended since it was listed is not put back: its attempt does not run any more.
      for (const line of lost) await lines.giveBack(line, false, 0);
      return lost.length;
    },
  };
}
