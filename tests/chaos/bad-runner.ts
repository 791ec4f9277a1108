/** The runner that goes wrong: switched, watched, and started again where it died. */
import { type FakeRunnerSettingsChange, type RequestReport, type StackRunner, startStackRunner } from "@tera/testkit";
import type { Ended } from "./ejection.ts";
import type { FaultCase } from "./fault-cases.ts";
import { loadMark } from "./load.ts";

export interface BadRunner {
  readonly id: string;
  /** Forgets what reached it. */
  clear(): Promise<void>;
  begin(faultCase: FaultCase): Promise<void>;
  heal(faultCase: FaultCase): Promise<void>;
  /** What the load met there; canaries are left out. */
  look(): Promise<Sighting>;
  /** Ends what the stack does not know of. */
  stop(): Promise<void>;
}

export interface Sighting {
  /** Requests that have ended. */
  ended: Ended[];
  /** How often a fault struck, canaries and pages included. */
  strikes: number;
  /** When its process died, in this case. Epoch milliseconds. */
  diedAtMs: number | undefined;
}

const nothing: Omit<Sighting, "diedAtMs"> = { ended: [], strikes: 0 };

/** @param settings those that the stack gave it. */
export function createBadRunner(first: StackRunner, settings: FakeRunnerSettingsChange): BadRunner {
  const port = Number(new URL(first.url).port);
  let runner = first;
  let dying = false;
  let diedAtMs: number | undefined;

  async function restart(): Promise<void> {
    // Whatever becomes of it: nobody else ends it.
    if (runner !== first) await runner.process.stop();
    const faults: FakeRunnerSettingsChange["faults"] = [{ kind: "slow-start", forMs: 500 }];
    runner = await startStackRunner(first.process.name, { ...settings, faults }, port);
  }

  return {
    id: first.process.name,
    async clear() {
      dying = false;
      diedAtMs = undefined;
      await runner.clear();
    },
    async begin({ healedBy, faults }) {
      if (healedBy === "restart") {
        dying = true;
        runner.process.expectEnd().then(() => {
          diedAtMs = Date.now();
        });
      }
      await runner.control({ faults });
    },
    async heal({ healedBy }) {
      if (healedBy === "restart") await restart();
      else await runner.control({ faults: null });
    },
    async look() {
      try {
        return { ...read(await runner.report()), diedAtMs };
      } catch (error) {
        if (dying) return { ...nothing, diedAtMs };
        throw error;
      }
    },
    async stop() {
      if (runner !== first) await runner.process.stop();
    },
  };
}

function read({ requests, faults }: RequestReport): Omit<Sighting, "diedAtMs"> {
  const own = requests.filter(({ body }) => JSON.stringify(body).includes(loadMark));
  return {
    ended: own.flatMap(({ fault, state, receivedAtMs, endedAtMs }) => {
      // Ended by a client who left, or by a gateway that tried elsewhere: neither a success nor struck.
      if (endedAtMs === null || (fault === null && state !== "finished")) return [];
      return { failed: fault !== null, beganAtMs: receivedAtMs, endedAtMs };
    }),
    strikes: Object.values(faults).reduce((sum, count) => sum + count, 0),
  };
}
