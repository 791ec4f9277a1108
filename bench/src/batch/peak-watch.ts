/** Looks at a figure several times a second, and remembers the highest. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

export interface PeakWatch {
  /** So far; NaN: nothing was seen yet. */
  readonly peak: number;
  /** @returns the peak */
  stop(): Promise<number>;
}

const lookEveryMs = 100;

/** @param look undefined, or failing: not there now. */
export function watchPeak(look: () => Promise<number | undefined>): PeakWatch {
  let peak = Number.NaN;
  let stopping = false;
  async function run(): Promise<void> {
    while (!stopping) {
      const seen = await look().catch(() => undefined);
      if (seen !== undefined) peak = Number.isNaN(peak) ? seen : Math.max(peak, seen);
      await sleep(lookEveryMs);
    }
  }
  const running = run();
  return {
    get peak() {
      return peak;
    },
    async stop() {
      stopping = true;
      await running;
      return peak;
    },
  };
}

/** Resident memory, 2^20 bytes. @throws when the process has ended. */
export async function readRssMb(pid: number): Promise<number> {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kb === undefined) throw new Error(`/proc/${pid}/status tells no resident memory`);
  return Number(kb) / 1_024;
}
