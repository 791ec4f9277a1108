/**
 * Watches ports of this machine and attaches the engines that it finds there.
 *
 * | a port is | because                                    | what is done                                                         |
 * |-----------|--------------------------------------------|----------------------------------------------------------------------|
 * | free      | nobody listens there                       | looked at every two seconds: a refused connection costs nothing      |
 * | foreign   | what answers is no engine, or has no model | mentioned once, and asked again every minute: it may be a server     |
 * |           | yet                                        | that does not expect us; what may become an engine every 5 seconds   |
 * | driven    | an engine answers that a runner has        | left alone until the runner is gone, which is looked up every        |
 * |           | already, here or on another worker         | 5 seconds                                                            |
 * | attached  | an engine was found                        | left to its runner while that is ready; else looked at as a free one |
 *
 * An engine that went away stays attached for ten minutes, as unhealthy: one that restarts loads its weights for minutes, and its models should answer
 * 503 until then, not 404. After that it is detached, because somebody has stopped it for good. Another engine on its port takes its place at once: the two may
 * differ in everything.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunnerLog } from "../runner.ts";
import { titleOf } from "./engine-title.ts";
import { describeFinding, type FoundEngine, type PortFinding } from "./look-at-port.ts";

export interface Attachment {
  /** False: the engine may be gone, or another one is in its place. */
  isReady(): boolean;
  detach(): Promise<void>;
}

export interface DiscoveryDependencies {
  ports: readonly number[];
  /** Never rejects. */
  look(port: number, signal: AbortSignal): Promise<PortFinding>;
  /** Ports of this machine that runners drive, attached ones too; asked before each attachment. Rejects when Redis is away. */
  drivenPorts(): Promise<ReadonlySet<number>>;
  attach(engine: FoundEngine): Attachment;
  log: RunnerLog;
  timing?: DiscoveryTiming;
}

export interface DiscoveryTiming {
  lookEveryMs: number;
  /** How soon a port is asked again where an engine answers that cannot be attached now. */
  engineAgainMs: number;
  /** How soon a port is asked again where something else answers. */
  otherAgainMs: number;
  detachAfterMs: number;
}

const usualTiming: DiscoveryTiming = {
  lookEveryMs: 2_000,
  engineAgainMs: 5_000,
  otherAgainMs: 60_000,
  detachAfterMs: 600_000,
};

export interface Discovery {
  /** What is attached stays so. */
  stop(): Promise<void>;
}

type PortState =
  | { is: "free" }
  | { is: "foreign"; why: string; againAtMs: number }
  | { is: "driven"; againAtMs: number }
  | { is: "attached"; engine: FoundEngine; attachment: Attachment; goneSinceMs: number | undefined };

export function startDiscovery(dependencies: DiscoveryDependencies): Discovery {
  const { look, drivenPorts, attach, log, ports, timing = usualTiming } = dependencies;
  const stopping = new AbortController();
  const states = new Map<number, PortState>(ports.map((port) => [port, { is: "free" }]));

  async function visit(port: number, state: PortState): Promise<PortState> {
    if (state.is === "attached" && state.attachment.isReady()) return { ...state, goneSinceMs: undefined };
    if ((state.is === "foreign" || state.is === "driven") && performance.now() < state.againAtMs) return state;
    if (state.is === "driven" && (await isDriven(port)) !== false) return driven();
    const finding = await look(port, stopping.signal);
    if (stopping.signal.aborted) return state;
    if (state.is === "attached") return visitAttached(state, finding);
    if (finding.kind === "nothing") return { is: "free" };
    if (finding.kind === "engine") return visitEngine(state, finding);
    const againMs = finding.kind === "unready" ? timing.engineAgainMs : timing.otherAgainMs;
    return foreign(port, state, describeFinding(finding), againMs);
  }

  async function visitEngine(state: PortState, engine: FoundEngine): Promise<PortState> {
    const { port, models } = engine;
    const title = titleOf(engine);
    if (models.length === 0) return foreign(port, state, `is ${title} without a model`, timing.engineAgainMs);
    const isTaken = await isDriven(port);
    if (stopping.signal.aborted) return state;
    if (isTaken === undefined) {
      const why = `is ${title}, not attached while Redis cannot tell whether another worker has it`;
      return foreign(port, state, why, timing.engineAgainMs);
    }
    if (!isTaken) return attachEngine(engine);
    log.info({}, `${title} on port ${port} has a runner already`);
    return driven();
  }

  /** Undefined: nobody can say now. */
  async function isDriven(port: number): Promise<boolean | undefined> {
    try {
      return (await drivenPorts()).has(port);
    } catch {
      return undefined;
    }
  }

  const driven = (): PortState => ({ is: "driven", againAtMs: performance.now() + timing.engineAgainMs });

  async function visitAttached(state: PortState & { is: "attached" }, finding: PortFinding): Promise<PortState> {
    const { engine, attachment, goneSinceMs = performance.now() } = state;
    if (finding.kind === "silent" || finding.kind === "unready") return { ...state, goneSinceMs: undefined };
    if (finding.kind === "engine") {
      if (finding.engine === engine.engine) return { ...state, goneSinceMs: undefined };
      await detach(state, `${titleOf(finding)} is in its place`);
      return { is: "free" };
    }
    if (performance.now() - goneSinceMs < timing.detachAfterMs)
      return { is: "attached", engine, attachment, goneSinceMs };
    await detach(state, "it is gone");
    return { is: "free" };
  }

  function attachEngine(engine: FoundEngine): PortState {
    const { port, url, models } = engine;
    log.info({ url, models: models.map(({ id }) => id) }, `found ${titleOf(engine)} on port ${port}: attached`);
    return { is: "attached", engine, attachment: attach(engine), goneSinceMs: undefined };
  }

  async function detach({ engine, attachment }: PortState & { is: "attached" }, why: string): Promise<void> {
    log.info({ url: engine.url }, `${titleOf(engine)} on port ${engine.port} is detached: ${why}`);
    await attachment.detach();
  }

  function foreign(port: number, state: PortState, why: string, againMs: number): PortState {
    if (state.is !== "foreign" || state.why !== why) log.info({}, `port ${port} ${why}`);
    return { is: "foreign", why, againAtMs: performance.now() + againMs };
  }

  async function watch(): Promise<void> {
    while (states.size > 0 && !stopping.signal.aborted) {
      await Promise.all([...states].map(async ([port, state]) => states.set(port, await visit(port, state))));
      await sleep(timing.lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  if (ports.length > 0) log.info({ ports }, "engines on these local ports are attached");
  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
