/**
 * The worker's view of its runners: which models are served, how many slots are free, and who takes the next job.
 *
 * A slot is taken when a job is given out and freed when its generation has settled; nobody else counts. What a runner's generations come to goes to its
 * health tracker, which decides how many slots it has at all.
 */
import { type Job, openSlots, type RunnerStatus, replicaName } from "@tera/protocol";
import { type AttemptOutcome, createHealthTracker, type HealthTracker } from "./health/health-tracker.ts";
import type { Runner, RunnerLog } from "./runner.ts";

const tickEveryMs = 250;

export interface Supervisor {
  /** Takes a runner in and starts it. */
  add(runner: Runner): void;
  find(runnerId: string): Runner | undefined;
  /** Takes a runner out and stops it; what it generates now fails as if its engine were lost. Resolves when it has stopped. */
  remove(id: string): Promise<void>;
  /** Models whose lanes are worth reading: a runner serves them, or will again without having to start. */
  laneModels(): Set<string>;
  freeSlots(model: string): number;
  /**
   * A runner with a free slot for this job, preferably none that failed it before (`strict`: certainly none); its slot is taken.
   * Undefined when there is none.
   */
  takeSlot(job: Job, options?: { strict?: boolean }): TakenSlot | undefined;
  /** Whether a runner that has not failed this job takes jobs, now or when it has a free slot. */
  canServe(job: Job): boolean;
  /** Resolves when a slot is freed or a runner changes, or when the signal fires. */
  changed(signal: AbortSignal): Promise<void>;
  /** To be called by the runners' `onChange`. */
  notify(): void;
  statuses(): RunnerStatus[];
  stop(): Promise<void>;
}

export interface TakenSlot {
  readonly runner: Runner;
  /** The listener is called when the engine was found dead while this job waited for it: it should be tried elsewhere. */
  onAbandoned(listener: () => void): void;
  /** Hot path: something was generated. */
  alive(): void;
  /** How it went; frees the slot. Idempotent. */
  ended(outcome: AttemptOutcome): void;
}

export interface SupervisorOptions {
  workerId: string;
  /** Whether a runner of another worker takes jobs for one of these models. */
  servedElsewhere(models: readonly string[]): Promise<boolean>;
  /** A runner's health changed: gateways should hear of it. */
  onChange(): void;
  log: RunnerLog;
}

interface Member {
  runner: Runner;
  health: HealthTracker;
  taken: number;
}

export function createSupervisor({ workerId, servedElsewhere, onChange, log }: SupervisorOptions): Supervisor {
  const members: Member[] = [];
  let waiting = new Set<() => void>();

  function statusOf({ runner, health, taken }: Member): RunnerStatus {
    return { ...runner.status(), state: health.state, reason: health.reason, busy: taken };
  }

  function serves(member: Member, model: string): boolean {
    return member.runner.status().models.some((served) => served.id === model);
  }

  function free(member: Member, model: string): number {
    const slots = openSlots({ state: member.health.state, slots: member.runner.status().slots });
    return slots > member.taken && serves(member, model) ? slots - member.taken : 0;
  }

  const isAvoided = ({ runner }: Member, job: Job) => job.avoidRunners.includes(replicaName(workerId, runner.id));

  async function othersReady(runner: Runner): Promise<boolean> {
    const models = runner.status().models.map(({ id }) => id);
    const here = members.some(
      (member) =>
        member.runner !== runner && openSlots(statusOf(member)) > 0 && models.some((model) => serves(member, model)),
    );
    return here || servedElsewhere(models);
  }

  function wakeAll(): void {
    const woken = waiting;
    waiting = new Set();
    for (const wake of woken) wake();
  }

  function notify(): void {
    for (const { health } of members) health.runnerChanged();
    wakeAll();
  }

  const ticker = setInterval(() => {
    for (const { health } of members) health.tick();
  }, tickEveryMs);

  return {
    add(runner) {
      const health = createHealthTracker({ runner, othersReady, onChange, log });
      members.push({ runner, health, taken: 0 });
      runner.start();
      health.runnerChanged();
    },
    find: (runnerId) => members.find(({ runner }) => runner.id === runnerId)?.runner,
    async remove(id) {
      const index = members.findIndex(({ runner }) => runner.id === id);
      const [member] = index < 0 ? [] : members.splice(index, 1);
      if (member === undefined) return;
      member.health.stop();
      wakeAll();
      await member.runner.stop();
    },
    laneModels() {
      const states = ["ready", "trial", "ejected"];
      const statuses = members.map(statusOf).filter(({ state }) => states.includes(state));
      return new Set(statuses.flatMap((status) => status.models.map((model) => model.id)));
    },
    freeSlots(model) {
      return members.reduce((sum, member) => sum + free(member, model), 0);
    },
    takeSlot(job, { strict = false } = {}) {
      const candidates = members
        .map((member) => ({ member, free: free(member, job.request.model), avoided: isAvoided(member, job) }))
        .filter((candidate) => candidate.free > 0 && !(strict && candidate.avoided))
        .sort((a, b) => Number(a.avoided) - Number(b.avoided) || b.free - a.free);
      const member = candidates[0]?.member;
      if (member === undefined) return undefined;
      member.taken++;
      let abandoned: () => void = () => undefined;
      const watch = member.health.watch(job.request, () => abandoned());
      let held = true;
      return {
        runner: member.runner,
        onAbandoned(listener) {
          abandoned = listener;
        },
        alive: watch.alive,
        ended(outcome) {
          if (!held) return;
          held = false;
          member.taken--;
          watch.ended(outcome);
          wakeAll();
        },
      };
    },
    canServe(job) {
      return members.some(
        (member) => openSlots(statusOf(member)) > 0 && serves(member, job.request.model) && !isAvoided(member, job),
      );
    },
    changed(signal) {
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        if (signal.aborted) return resolve();
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
    notify,
    statuses: () => members.map(statusOf),
    async stop() {
      clearInterval(ticker);
      for (const { health } of members) health.stop();
      await Promise.allSettled(members.map(({ runner }) => runner.stop()));
    },
  };
}
