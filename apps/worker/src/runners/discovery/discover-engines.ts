/** Discovery as this worker uses it: what is found becomes an `http` runner, unless a runner of any worker on this machine drives it already. */
import { hostname } from "node:os";
import type { RunnerStatus } from "@tera/protocol";
import { type Redis, readWorkerStates } from "@tera/queue";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import type { Runner, RunnerDependencies, RunnerLog } from "../runner.ts";
import { type Attachment, type Discovery, type DiscoveryTiming, startDiscovery } from "./discovery.ts";
import { titleOf } from "./engine-title.ts";
import { localPortOf } from "./local-port.ts";
import { type FoundEngine, lookAtPort } from "./look-at-port.ts";

/** The parts of the worker that discovery uses. */
export interface RunnerHost {
  statuses(): RunnerStatus[];
  addRunner(create: (dependencies: Pick<RunnerDependencies, "onChange" | "onCounted">) => Runner): void;
  removeRunner(id: string): Promise<void>;
}

/** What the process that started the worker is told. */
export interface AttachMessage {
  type: "attached" | "detached";
  url: string;
  port: number;
  /** `vLLM 0.14.0` */
  title: string;
  models: string[];
}

export interface DiscoverEnginesOptions {
  ports: readonly number[];
  workerId: string;
  redis: Redis;
  host: RunnerHost;
  createRunner(
    settings: HttpRunnerSettings & { kind: "http" },
    dependencies: Pick<RunnerDependencies, "onChange" | "onCounted">,
  ): Runner;
  tell(message: AttachMessage): void;
  log: RunnerLog;
  timing?: DiscoveryTiming;
}

export function discoverEngines(options: DiscoverEnginesOptions): Discovery {
  const { ports, workerId, redis, host, createRunner, tell, log, timing } = options;

  async function drivenPorts(): Promise<ReadonlySet<number>> {
    const others = (await readWorkerStates(redis)).filter(
      (state) => state.workerId !== workerId && state.host === hostname(),
    );
    const statuses = [...host.statuses(), ...others.flatMap(({ runners }) => runners)];
    return new Set(statuses.flatMap(({ address }) => (address === undefined ? [] : (localPortOf(address) ?? []))));
  }

  function attach(engine: FoundEngine): Attachment {
    const { port, url } = engine;
    const id = freeId(`${engine.engine}-${port}`, host.statuses());
    const message = { url, port, title: titleOf(engine), models: engine.models.map((model) => model.id) };
    host.addRunner((dependencies) => createRunner({ kind: "http", id, url }, dependencies));
    tell({ type: "attached", ...message });
    return {
      isReady() {
        const status = host.statuses().find((candidate) => candidate.id === id);
        // It may have found another engine there before we did: that one gets a runner under its own name.
        if (status?.engine !== engine.engine) return false;
        return status.state !== "starting" && status.state !== "unhealthy" && status.state !== "stopped";
      },
      async detach() {
        await host.removeRunner(id);
        tell({ type: "detached", ...message });
      },
    };
  }

  return startDiscovery({ ports, look: lookAtPort, drivenPorts, attach, log, ...(timing ? { timing } : {}) });
}

/** A runner of the worker's file may have the name already. */
function freeId(wanted: string, statuses: readonly RunnerStatus[]): string {
  const taken = new Set(statuses.map(({ id }) => id));
  let id = wanted;
  for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`;
  return id;
}
