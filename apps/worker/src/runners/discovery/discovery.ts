/**
 * Watches ports of this machine and attaches the engines that it finds there.
 *
 * | a port is | because                                    | what is done                                                         |
 * |-----------|--------------------------------------------|----------------------------------------------------------------------|
 * | free      | nobody listens there                       | looked at every two seconds: a refused connection costs nothing      |
 * | foreign   | what answers is no engine, or has no model | mentioned once, and asked again every minute: it may be a server     |
 * |           | yet, or somebody drives it already         | that does not expect us; an engine every five seconds                |
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
  /** False: the engine may be gone. */
  isReady(): boolean;
  detach(): Promise<void>;
}

export interface DiscoveryDependencies {
  ports: readonly number[];
  /** Never rejects. */
  look(port: number, signal: AbortSignal): Promise<PortFinding>;
  /** Ports of this machine that runners drive, attached ones too; asked before each attachment. */
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
  | { is: "attached"; engine: FoundEngine; attachment: Attachment; goneSinceMs: number | undefined };

export function startDiscovery(dependencies: DiscoveryDependencies): Discovery {
  const { look, drivenPorts, attach, log, ports, timing = usualTiming } = dependencies;
  const stopping = new AbortController();
  const states = new Map<number, PortState>(ports.map((port) => [port, { is: "free" }]));

  async function visit(port: number, state: PortState): Promise<PortState> {
    if (state.is === "attached" && state.attachment.isReady()) return { ...state, goneSinceMs: undefined };
    if (state.is === "foreign" && performance.now() < state.againAtMs) return state;
    const finding = await look(port, stopping.signal);
    if (stopping.signal.aborted) return state;
    if (state.is === "attached") return visitAttached(state, finding);
    if (finding.kind === "nothing") return { is: "free" };
    if (finding.kind !== "engine") {
      const againMs = finding.kind === "unready" ? timing.engineAgainMs : timing.otherAgainMs;
      return foreign(port, state, describeFinding(finding), againMs);
    }
    const obstacle = await obstacleTo(finding);
    if (obstacle !== undefined) return foreign(port, state, obstacle, timing.engineAgainMs);
    return stopping.signal.aborted ? state : attachEngine(finding);
  }

  /** Why an engine cannot be attached now; goes on after "port 8000 ". */
  async function obstacleTo(engine: FoundEngine): Promise<string | undefined> {
    if (engine.models.length === 0) return `is ${titleOf(engine)} without a model`;
    try {
      return (await drivenPorts()).has(engine.port) ? "is driven by another runner already" : undefined;
    } catch (error) {
      return `is ${titleOf(engine)}, not attached while it is unknown whether somebody drives it (${error})`;
    }
  }

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

  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
