/**
 * Watches one engine: finds out which it is, what it serves and whether it is well, and tells of every change.
 *
 * | state     | becomes   | when                                                                       |
 * |-----------|-----------|----------------------------------------------------------------------------|
 * | starting  | ready     | its health page and its listing answer                                     |
 * | starting  | unhealthy | it answers, but not as an engine with a model does (503: it is still starting) |
 * | ready     | unhealthy | it cannot be reached, or its pages say no                                  |
 * | unhealthy | ready     | its pages answer again; which engine it is is then found out anew          |
 * | any       | stopped   | `stop`                                                                     |
 *
 * Pages that are late make no engine unhealthy: under load they often are. It is then `late`, and a canary (see health/) tells busy from dead.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunnerState } from "@tera/protocol";
import type { Dispatcher } from "undici";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import type { CountWatch } from "../counts/count-watch.ts";
import { type DetectedEngine, detectEngine } from "../engines/detect.ts";
import {
  createEngineClient,
  type EngineClient,
  EngineIllError,
  illStatus,
  toEngineAddress,
} from "../engines/engine-client.ts";
import type { EngineProfile, EngineReport } from "../engines/engine-profile.ts";
import type { RunnerDependencies } from "../runner.ts";
import { type OfferedModel, offerModels } from "./served-models.ts";

const probeEveryMs = 2_000;
/** Longer than the time to connect: a host that is gone is told from an engine that is late. */
const probeTimeoutMs = 4_000;
const slotsMax = 4_096;

export interface EngineView {
  readonly state: RunnerState;
  /** Why it is not ready, in words for the operator. */
  readonly reason: string | undefined;
  /** Ready, and its pages did not answer in time when they were last asked. */
  readonly late: boolean;
  /** The last one seen; undefined until the first. */
  readonly engine: DetectedEngine | undefined;
  /** By public id. */
  readonly models: ReadonlyMap<string, OfferedModel>;
  /** As the engine tells. */
  readonly slots: number | undefined;
}

export interface EngineWatch {
  view(): EngineView;
  start(): void;
  stop(): void;
}

export interface EngineWatchDependencies extends RunnerDependencies {
  client: EngineClient;
  /** Looks at the engine's counters whenever the engine is seen to be well, and before it is called ready. */
  counts: Pick<CountWatch, "look" | "interrupted">;
}

/** How its pages are asked. @param signal ends what is asked. */
export function createProbeClient(
  settings: HttpRunnerSettings,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): EngineClient {
  const address = toEngineAddress(settings.url);
  return createEngineClient({ address, apiKey: settings.apiKey, dispatcher, signal, timeoutMs: probeTimeoutMs });
}

export function createEngineWatch(
  settings: HttpRunnerSettings,
  { client, counts, log, onChange }: EngineWatchDependencies,
): EngineWatch {
  const stopping = new AbortController();
  const createdAtS = Math.floor(Date.now() / 1_000);

  let view: EngineView = {
    state: "starting",
    reason: "not reached yet",
    late: false,
    engine: undefined,
    models: new Map(),
    slots: undefined,
  };
  /** Undefined while it is not known which engine answers. */
  let inspect: (() => Promise<EngineReport>) | undefined;

  function become(next: Partial<EngineView>): void {
    const before = view;
    view = { ...view, ...next };
    const { state: to, reason } = view;
    if (to !== before.state)
      log.info({ from: before.state, to, reason, engine: view.engine?.profile.name }, "runner changed state");
    if (summary(view) !== summary(before)) onChange();
  }

  async function findEngine(): Promise<DetectedEngine> {
    const { url: baseUrl, apiKey, engine } = settings;
    const found = await detectEngine({ baseUrl, apiKey, engine, signal: stopping.signal });
    if (found !== undefined && engine === undefined) return found;
    // Nothing was recognised, or the operator's word was taken for it: the page that every engine has says why not, or that it is there.
    const { status } = await client.ask("/v1/models");
    if (found !== undefined) return found;
    if (status !== 200) throw illStatus("/v1/models", status);
    throw new EngineIllError("/v1/models lists no model, or it is no server that speaks OpenAI's API");
  }

  async function checkHealth({ healthPath: path, healthGenerates }: EngineProfile): Promise<void> {
    if (path === undefined || (healthGenerates && view.state === "ready")) return;
    const { status } = await client.ask(path);
    if (status !== 200) throw illStatus(path, status);
  }

  async function look(): Promise<void> {
    let { engine } = view;
    if (engine === undefined || inspect === undefined) {
      engine = await findEngine();
      inspect = engine.profile.createInspector(client);
    }
    const { profile } = engine;
    const [report] = await Promise.all([inspect(), checkHealth(profile)]);
    const models = offerModels(report.models, { profile, names: settings.models, createdAtS });
    if (models.size === 0) {
      throw new EngineIllError(
        settings.models === undefined ? "it has no model" : "it has none of the models that the worker's file names",
      );
    }
    await counts.look(profile);
    const slots = report.slots === undefined ? undefined : Math.min(report.slots, slotsMax);
    become({ state: "ready", reason: undefined, late: false, engine, models, slots });
  }

  async function probe(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (isTimeout(error) && view.state === "ready") {
        become({ late: true, reason: `its pages do not answer within ${probeTimeoutMs / 1_000} s` });
        return;
      }
      // What comes back may be another engine.
      inspect = undefined;
      counts.interrupted();
      const isUp = error instanceof EngineIllError;
      const isStarting = view.state === "starting" && (!isUp || error.isStarting);
      const message = error instanceof Error ? error.message || error.name : String(error);
      become({
        state: isStarting ? "starting" : "unhealthy",
        late: false,
        reason: isUp ? message : `cannot be reached: ${message}`,
      });
    }
  }

  async function probeForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      await probe();
      // A server that is still starting is asked more often: it should take traffic as soon as it can.
      const pauseMs = view.state === "ready" ? probeEveryMs : probeEveryMs / 4;
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    view: () => view,
    start() {
      void probeForever();
    },
    stop() {
      stopping.abort();
      view = { ...view, state: "stopped", reason: undefined, late: false };
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** What gateways hear of, as one string. */
function summary({ state, reason, engine, models, slots }: EngineView): string {
  const served = [...models.values()].map((model) => [model.served, model.engine.isLoaded]);
  return JSON.stringify([state, reason, engine?.profile.name, engine?.version, slots, served]);
}
