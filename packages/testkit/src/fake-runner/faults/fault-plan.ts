/** Which fault strikes a request, and how often each has struck. */
import type { Fault } from "./fault.ts";

export interface FaultPlan {
  /** Forgets the faults before; their strikes stay counted. */
  load(faults: readonly Fault[] | null): void;
  /** The fault meant for this request; one of its `times` is used up. Undefined: it is answered as it should be. */
  take(method: string, path: string, body: string): Fault | undefined;
  /** False for one that was healed. */
  includes(fault: Fault): boolean;
  /** It has happened: counts it. */
  struck(fault: Fault): void;
  /** Strikes by kind. */
  readonly strikes: Readonly<Record<string, number>>;
  clear(): void;
}

/** The last part of every path that generates, in the dialects of all engines. */
const generationPath = /\/(completions?|chat|generate|generate_stream|messages|speech|responses)$/;

/** @param now milliseconds that only grow; for tests. */
export function createFaultPlan(now: () => number = () => performance.now()): FaultPlan {
  let loadedAtMs = now();
  let planned: { fault: Fault; left: number }[] = [];
  let strikes: Record<string, number> = {};

  function isDue(fault: Fault): boolean {
    return fault.kind !== "slow-start" || now() - loadedAtMs < fault.forMs;
  }

  return {
    load(faults) {
      loadedAtMs = now();
      planned = (faults ?? []).map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    },
    take(method, path, body) {
      if (planned.length === 0 || path.startsWith("/_control")) return undefined;
      const target = method === "POST" && generationPath.test(path) ? "generation" : "pages";
      const found = planned.find(
        ({ fault, left }) =>
          left > 0 &&
          (fault.on === "all" || fault.on === target) &&
          (fault.mark === null || body.includes(fault.mark)) &&
          isDue(fault),
      );
      if (found === undefined) return undefined;
      found.left--;
      return found.fault;
    },
    includes: (fault) => planned.some((entry) => entry.fault === fault),
    struck(fault) {
      strikes[fault.kind] = (strikes[fault.kind] ?? 0) + 1;
    },
    get strikes() {
      return strikes;
    },
    clear() {
      strikes = {};
    },
  };
}
