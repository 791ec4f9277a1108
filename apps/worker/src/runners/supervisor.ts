/**
 * The worker's view of its runners: which models are served, how many slots are free, and who takes the next job.
 *
 * A slot is taken when a job is given out and freed when its generation has settled; nobody else counts. What a runner's generations come to goes to its
 * health tracker, which decides how many slots it has at all.
 */
import {
  type Job,
  openSlots,
  type RunnerAction,
  type RunnerActionAnswer,
  type RunnerLogs,
  type RunnerStatus,
  replicaName,
} from "@tera/protocol";
import { createMember, type Member, type TakenSlot } from "./member.ts";
import type { Runner, RunnerLog } from "./runner.ts";

const tickEveryMs = 250;

export interface Supervisor {
  /** Takes a runner in and starts it. @param create makes it, and again whenever the operator has it restarted. */
  add(create: () => Runner): void;
  /** Begins what the operator asked of a runner. */
  act(runnerId: string, action: RunnerAction): RunnerActionAnswer;
  /** The last lines of a runner's engine. */
  logs(runnerId: string, linesMax: number): RunnerLogs;
  /** Takes a runner out and stops it; what it generates now fails as if its engine were lost. Resolves when it has stopped. */
  remove(id: string): Promise<void>;
  /** Models whose lanes are worth reading: a runner serves them, or will again without having to start. */
  laneModels(): Set<string>;
  freeSlots(model: string): number;
  /** Of the free slots, those that lines of batches may have: each runner keeps some for live requests. */
  idleSlots(model: string): number;
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

export interface SupervisorOptions {
  workerId: string;
  /** Slots of each runner that lines of batches leave free; of a runner's last slot, none is kept. */
  liveReserve: number;
  /** Whether a runner of another worker takes jobs for one of these models. */
  servedElsewhere(models: readonly string[]): Promise<boolean>;
  /** A runner's health changed: gateways should hear of it. */
  onChange(): void;
  log: RunnerLog;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { workerId, liveReserve, servedElsewhere, onChange, log } = options;
  const members: Member[] = [];
  let waiting = new Set<() => void>();

  const isAvoided = ({ id }: Member, job: Job) => job.avoidRunners.includes(replicaName(workerId, id));
  const isOpen = (member: Member) => openSlots(member.status()) > 0;
  const find = (runnerId: string) => members.find(({ id }) => id === runnerId);

  async function othersReady(member: Member | undefined, models: readonly string[]): Promise<boolean> {
    const here = members.some(
      (other) => other !== member && isOpen(other) && models.some((model) => other.serves(model)),
    );
    return here || servedElsewhere(models);
  }

  function wakeAll(): void {
    const woken = waiting;
    waiting = new Set();
    for (const wake of woken) wake();
  }

  function notify(): void {
    for (const member of members) member.runnerChanged();
    wakeAll();
  }

  const ticker = setInterval(() => {
    for (const member of members) member.tick();
  }, tickEveryMs);

  return {
    add(create) {
      const member: Member = createMember({
        create,
        othersReady: (models) => othersReady(member, models),
        onChange,
        onSlotFreed: wakeAll,
        log,
      });
      members.push(member);
      member.start();
    },
    act: (runnerId, action) => find(runnerId)?.act(action) ?? { version: 1, outcome: "no_runner" },
    logs(runnerId, linesMax) {
      const member = find(runnerId);
      if (member === undefined) return { version: 1, found: "no_runner" };
      const lines = member.logLines();
      return lines === undefined
        ? { version: 1, found: "no_log" }
        : { version: 1, found: "lines", lines: lines.slice(-linesMax) };
    },
    async remove(id) {
      const index = members.findIndex((member) => member.id === id);
      const [member] = index < 0 ? [] : members.splice(index, 1);
      if (member === undefined) return;
      const stopped = member.stop();
      wakeAll();
      await stopped;
    },
    laneModels() {
      const states = ["ready", "trial", "ejected"];
      const statuses = members.map((member) => member.status()).filter(({ state }) => states.includes(state));
      return new Set(statuses.flatMap((status) => status.models.map((model) => model.id)));
    },
    freeSlots(model) {
      return members.reduce((sum, member) => sum + member.free(model), 0);
    },
    idleSlots(model) {
      return members.reduce((sum, member) => sum + member.idle(model, liveReserve), 0);
    },
    takeSlot(job, { strict = false } = {}) {
      const { model } = job.request;
      const isLine = job.laneClass === "batch";
      const free = (member: Member) => (isLine ? member.idle(model, liveReserve) : member.free(model));
      const candidates = members
        .map((member) => ({ member, free: free(member), avoided: isAvoided(member, job) }))
        .filter((candidate) => candidate.free > 0 && !(strict && candidate.avoided))
        .sort((a, b) => Number(a.avoided) - Number(b.avoided) || b.free - a.free);
      const chosen = candidates[0]?.member;
      if (isLine) chosen?.lineCame();
      return chosen?.takeSlot(job.request);
    },
    canServe(job) {
      return members.some((member) => isOpen(member) && member.serves(job.request.model) && !isAvoided(member, job));
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
    statuses: () => members.map((member) => member.status()),
    async stop() {
      clearInterval(ticker);
      await Promise.allSettled(members.map((member) => member.stop()));
    },
  };
}
