/**
 * One runner of a worker over time: the engine that it drives now, what the operator asked of it, and what both come to.
 *
 * | the operator's word | its engine                                | told as                    |
 * |---------------------|-------------------------------------------|----------------------------|
 * | none                | is driven                                 | the health tracker's state |
 * | drained             | is driven                                 | drained                    |
 * | none, drained       | is being stopped, to be started once more | starting                   |
 * | unloaded            | is being stopped, or is stopped           | unloaded                   |
 *
 * An engine that is started once more gets a new `Runner`: nothing that was learnt of the one before is taken for granted, and what ends late
 * ends at the old one.
 */
import {
  type GenerationRequest,
  hasAction,
  openSlots,
  type RunnerAction,
  type RunnerActionAnswer,
  type RunnerState,
  type RunnerStatus,
} from "@tera/protocol";
import { type AttemptOutcome, createHealthTracker, type HealthTracker } from "./health/health-tracker.ts";
import type { Runner, RunnerLog } from "./runner.ts";
import { createTokenRate } from "./token-rate.ts";

/** Lines of an engine that was restarted: they may say why that was needed. */
const earlierLinesMax = 500;

export interface Member {
  readonly id: string;
  start(): void;
  status(): RunnerStatus;
  serves(model: string): boolean;
  /** Slots that are free for jobs of this model. */
  free(model: string): number;
  /** Of the free slots, those that lines of batches may have; `reserve` are left to live requests, of the last slot none. */
  idle(model: string, reserve: number): number;
  /** A line of a batch is there for it. */
  lineCame(): void;
  /** To be called only while one is free. */
  takeSlot(request: GenerationRequest): TakenSlot;
  /** Begins what the operator asked for. */
  act(action: RunnerAction): RunnerActionAnswer;
  /** Undefined: the worker does not see what its engine writes. */
  logLines(): readonly string[] | undefined;
  /** To be called by the runner's `onChange`. */
  runnerChanged(): void;
  /** To be called several times a second. */
  tick(): void;
  /** For good. */
  stop(): Promise<void>;
}

export interface TakenSlot {
  readonly runner: Runner;
  /** The listener is called when the engine was found dead while this job waited for it: it should be tried elsewhere. */
  onAbandoned(listener: () => void): void;
  /** Hot path: something was generated. */
  alive(): void;
  /** Hot path. Tokens generated so far. */
  counted(completionTokens: number): void;
  /** How it went; frees the slot. Idempotent. */
  ended(outcome: AttemptOutcome): void;
}

export interface MemberOptions {
  create(): Runner;
  /** Whether another replica of one of these models takes jobs, on this worker or another. */
  othersReady(models: readonly string[]): Promise<boolean>;
  /** The state changed: gateways should hear of it. */
  onChange(): void;
  onSlotFreed(): void;
  log: RunnerLog;
}

/** A runner from its start to its stop. */
interface Life {
  runner: Runner;
  health: HealthTracker;
  taken: number;
}

export function createMember({ create, othersReady, onChange, onSlotFreed, log }: MemberOptions): Member {
  const rate = createTokenRate();
  let word: "drained" | "unloaded" | undefined;
  let earlierLines: readonly string[] = [];
  let replacing: Promise<void> | undefined;
  let ended = false;
  let life = begin();

  function begin(): Life {
    const runner = create();
    const others = () => othersReady(runner.status().models.map(({ id }) => id));
    return { runner, health: createHealthTracker({ runner, othersReady: others, onChange, log }), taken: 0 };
  }

  function start(): void {
    life.runner.start();
    life.health.runnerChanged();
  }

  function state(): RunnerState {
    if (word === "unloaded") return "unloaded";
    if (replacing !== undefined) return "starting";
    return word ?? life.health.state;
  }

  function reason(): string | undefined {
    if (word === "unloaded") {
      const now = replacing === undefined ? "its engine is stopped" : "its engine is being stopped";
      return `unloaded by the operator, ${now}; load starts it`;
    }
    if (replacing !== undefined) return "restarted by the operator: its engine is being stopped before it is started";
    if (word === undefined) return life.health.reason;
    const beneath = life.health.state === "ready" ? "" : `; else it would be ${life.health.state}`;
    return `drained by the operator: it finishes what it runs and takes nothing new; resume puts it back${beneath}`;
  }

  /** Stops the engine that is there, and starts it where it is wanted by then. */
  function replace(): void {
    replacing ??= stopLife()
      .catch((error: unknown) => log.error({ runner: life.runner.id, reason: String(error) }, "a runner did not stop"))
      .then(() => {
        replacing = undefined;
        if (word === "unloaded" || ended) return onChange();
        earlierLines = lines()?.slice(-earlierLinesMax) ?? [];
        life = begin();
        start();
        onChange();
      });
  }

  async function stopLife(): Promise<void> {
    life.health.stop();
    await life.runner.stop();
  }

  function lines(): readonly string[] | undefined {
    const own = life.runner.logLines?.();
    return own === undefined ? undefined : [...earlierLines, ...own];
  }

  function act(action: RunnerAction): RunnerActionAnswer {
    const { id, kind } = life.runner.status();
    if (!hasAction(kind, action))
      return refused(`${id} is of kind ${kind}: its engine is started and stopped elsewhere`);
    if (word === "unloaded" && action !== "load" && action !== "unload")
      return refused(`${id} is unloaded: load it first`);
    log.info({ runner: id, action }, "asked for by the operator");
    switch (action) {
      case "drain":
        word = "drained";
        break;
      case "resume":
        word = undefined;
        break;
      case "restart":
        replace();
        break;
      case "unload":
        word = "unloaded";
        replace();
        break;
      case "load":
        if (word === "unloaded") {
          word = undefined;
          replace();
        }
    }
    onChange();
    return { version: 1, outcome: "accepted" };
  }

  const member: Member = {
    id: life.runner.id,
    start,
    status: () => ({
      ...life.runner.status(),
      state: state(),
      reason: reason(),
      busy: life.taken,
      tokensPerS: rate.read(),
    }),
    serves: (model) => life.runner.status().models.some(({ id }) => id === model),
    free(model) {
      const slots = openSlots({ state: state(), slots: life.runner.status().slots });
      return slots > life.taken && member.serves(model) ? slots - life.taken : 0;
    },
    idle(model, reserve) {
      const kept = Math.min(reserve, life.runner.status().slots - 1);
      const limit = life.runner.lineGuard?.()?.limit() ?? Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(member.free(model) - kept, limit - life.taken));
    },
    lineCame: () => life.runner.lineGuard?.()?.look(),
    takeSlot(request) {
      const taker = life;
      taker.taken++;
      let abandoned: () => void = () => undefined;
      const watch = taker.health.watch(request, () => abandoned());
      let held = true;
      let counted = 0;
      return {
        runner: taker.runner,
        onAbandoned(listener) {
          abandoned = listener;
        },
        alive: watch.alive,
        counted(completionTokens) {
          // An engine's last count may be below our own.
          if (completionTokens > counted) rate.add(completionTokens - counted);
          counted = completionTokens;
        },
        ended(outcome) {
          if (!held) return;
          held = false;
          taker.taken--;
          watch.ended(outcome);
          onSlotFreed();
        },
      };
    },
    act,
    logLines: lines,
    runnerChanged: () => life.health.runnerChanged(),
    tick: () => life.health.tick(),
    async stop() {
      ended = true;
      await replacing;
      await stopLife();
    },
  };
  return member;
}

function refused(why: string): RunnerActionAnswer {
  return { version: 1, outcome: "refused", why };
}
