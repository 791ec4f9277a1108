/**
 * Assembles the worker: runners under a supervisor, lane readers that claim for them, a generator that runs what was claimed, and the
 * sign of life that tells gateways of it all.
 */
import { hostname } from "node:os";
import { type ControlMessage, type GpuStatus, openSlots, type RunnerAction, type RunnerStatus } from "@tera/protocol";
import {
  answerRunnerAction,
  answerRunnerLogs,
  createReplyPublisher,
  publishEngineCount,
  type Redis,
  type RedisLog,
  readGatewayBirths,
  readWorkerStates,
  startControlReader,
  startWorkerPresence,
  takeRunnerAction,
} from "@tera/queue";
import { createClaimer } from "./inference/claim.ts";
import { createGenerator } from "./inference/generate.ts";
import type { RunnerCount } from "./runners/counts/count-watch.ts";
import type { Runner, RunnerDependencies, RunnerLog } from "./runners/runner.ts";
import { createSupervisor } from "./runners/supervisor.ts";

const gatewayCheckEveryMs = 1_000;
/** A gateway's key lives 3 s: it is called dead only when it is missed twice, so that one late beat breaks no stream. */
const missesUntilDead = 2;

/** How runners tell the worker of what happens to them. */
export type RunnerEars = Pick<RunnerDependencies, "onChange" | "onCounted">;

/** Makes a runner; called again whenever the operator has it restarted. */
export type CreateRunner = (dependencies: RunnerEars) => Runner;

export interface WorkerDependencies {
  workerId: string;
  /** For commands; connected. */
  redis: Redis;
  /** A new connection for one blocking reader. */
  connectBlocking(name: string): Redis;
  runners: readonly CreateRunner[];
  /** The figures of this machine's GPUs. */
  readGpus(): GpuStatus[];
  drainMs: number;
  /** Slots of each runner that lines of batches leave to live requests. */
  liveReserve: number;
  log: RunnerLog & RedisLog;
}

export interface Worker {
  /** Takes in a runner that was found while it runs. */
  addRunner(create: CreateRunner): void;
  /** Stops one and forgets it. */
  removeRunner(id: string): Promise<void>;
  statuses(): RunnerStatus[];
  /** Claims nothing more, lets running generations end for `drainMs`, then stops the runners. */
  stop(): Promise<void>;
}

export function startWorker({
  workerId,
  redis,
  connectBlocking,
  runners,
  readGpus,
  drainMs,
  liveReserve,
  log,
}: WorkerDependencies): Worker {
  const startedAtMs = Date.now();
  let draining = false;

  const publisher = createReplyPublisher({
    redis,
    log,
    onGatewayGone: (gatewayId) => generator.cancelGateway(gatewayId),
  });
  const generator = createGenerator({ workerId, publisher, log });
  const supervisor = createSupervisor({ workerId, liveReserve, servedElsewhere, onChange: () => onChange(), log });
  const claimer = createClaimer({ workerId, redis, connectBlocking, supervisor, generator, log });
  const control = startControlReader({
    workerId,
    blockingRedis: connectBlocking("tera-worker-control"),
    onMessage: (message) => onControl(message),
    log,
  });
  const presence = startWorkerPresence({
    redis,
    log,
    state: () => ({
      version: 1,
      workerId,
      host: hostname(),
      startedAtMs,
      draining,
      runners: supervisor.statuses(),
      gpus: readGpus(),
    }),
  });

  function onChange(): void {
    supervisor.notify();
    claimer.refresh();
    presence.announce();
  }

  /** Redis away: it is told again within a minute, with what comes until then. */
  function onCounted(count: RunnerCount): void {
    const telling = publishEngineCount(redis, { ...count, workerId })
      .catch((error: Error) => log.warn({ reason: error.message }, "an engine's counts were not told"))
      .finally(() => tellings.delete(telling));
    tellings.add(telling);
  }
  const tellings = new Set<Promise<void>>();

  function onControl(message: ControlMessage): void {
    switch (message.type) {
      case "cancel":
        return generator.cancel(message.requestId, message.attempt, message.reason);
      case "runner_logs":
        answerRunnerLogs(redis, workerId, message.token, supervisor.logs(message.runnerId, message.linesMax)).catch(
          (error: Error) => log.warn({ reason: error.message }, "a question for log lines is not answered"),
        );
        return;
      case "runner_action":
        act(message).catch((error: Error) =>
          log.warn({ reason: error.message }, "what an operator asked of a runner is not answered"),
        );
    }
  }

  async function act({ runnerId, action, token }: { runnerId: string; action: RunnerAction; token: string }) {
    if (!(await takeRunnerAction(redis, workerId, token))) return;
    const answer = draining
      ? ({ version: 1, outcome: "refused", why: "its worker is stopping" } as const)
      : supervisor.act(runnerId, action);
    await answerRunnerAction(redis, workerId, token, answer);
  }

  const misses = new Map<string, number>();
  async function cancelForDeadGateways(): Promise<void> {
    const inUse = generator.gatewaysInUse();
    const births = await readGatewayBirths(redis, inUse);
    for (const gatewayId of inUse) {
      const bornAtMs = births.get(gatewayId);
      const missed = bornAtMs === undefined ? (misses.get(gatewayId) ?? 0) + 1 : 0;
      misses.set(gatewayId, missed);
      if (missed >= missesUntilDead) generator.cancelGateway(gatewayId);
      // It was killed and is back: it knows nothing of what it had asked for.
      if (bornAtMs !== undefined) generator.cancelGateway(gatewayId, bornAtMs);
    }
    for (const gatewayId of misses.keys()) if (!inUse.includes(gatewayId)) misses.delete(gatewayId);
  }
  const gatewayCheck = setInterval(() => {
    // Redis away says nothing about a gateway.
    cancelForDeadGateways().catch(() => misses.clear());
  }, gatewayCheckEveryMs);

  async function servedElsewhere(models: readonly string[]): Promise<boolean> {
    const others = (await readWorkerStates(redis)).filter((state) => state.workerId !== workerId && !state.draining);
    return others
      .flatMap((state) => state.runners)
      .some((runner) => openSlots(runner) > 0 && runner.models.some(({ id }) => models.includes(id)));
  }

  const ears = { onChange, onCounted };
  for (const create of runners) supervisor.add(() => create(ears));
  presence.announce();

  return {
    addRunner(create) {
      supervisor.add(() => create(ears));
      onChange();
    },
    async removeRunner(id) {
      await supervisor.remove(id);
      onChange();
    },
    statuses: supervisor.statuses,
    async stop() {
      draining = true;
      presence.announce();
      await claimer.stop();
      await generator.drain(drainMs);
      clearInterval(gatewayCheck);
      await supervisor.stop();
      await Promise.all(tellings);
      await Promise.allSettled([control.stop(), presence.stop()]);
    },
  };
}
