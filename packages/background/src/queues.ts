/**
 * The queues of background work, in one place: names, retries, what is kept of finished jobs, connections.
 *
 * A job carries a name or an id and nothing else: state and payload are in Postgres. Finished jobs are kept in small number, for a look with a queue viewer.
 */
import { type JobsOptions, Queue, type QueueOptions, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import type { BackgroundLog } from "./run.ts";

const prefix = "{tera}:bull";
/** A reconnection is tried at least this often, so that work goes on within half a second of Redis' return. */
const reconnectMaxMs = 500;
const reconnectStepMs = 50;
const connectTimeoutMs = 2_000;
const commandTimeoutMs = 5_000;
const closeTimeoutMs = 5_000;

export const runQueue = "runs";
export const noticeQueue = "notices";
/** Ids of batches that wait for a step of theirs. */
export const batchStepQueue = "batch-steps";

/** Ids of lines of batches. BullMQ separates its keys with colons, and has them neither in names nor in ids. */
export function lineQueueName(model: string): string {
  return `batch-lines-${encodeURIComponent(model)}`;
}

export const jobDefaults: JobsOptions = {
  removeOnComplete: { age: 7 * 86_400, count: 100 },
  removeOnFail: { age: 30 * 86_400, count: 100 },
};

export interface QueueConnections {
  /** Fails at once while Redis is away: whoever adds a job tries again at its next turn. */
  readonly commands: Redis;
  /** Of the workers: waits as long as Redis is away. */
  readonly waiting: Redis;
  close(): void;
}

export function connectQueues(redisUrl: string, log: BackgroundLog): QueueConnections {
  const retryStrategy = (times: number) => Math.min(times * reconnectStepMs, reconnectMaxMs);
  const common = { protocol: 2 as const, connectTimeout: connectTimeoutMs, retryStrategy, lazyConnect: true };
  const commands = new Redis(redisUrl, {
    ...common,
    connectionName: "tera-background",
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  // BullMQ asks for it: its blocking commands outlive a reconnection.
  const waiting = new Redis(redisUrl, {
    ...common,
    connectionName: "tera-background-worker",
    maxRetriesPerRequest: null,
  });
  for (const redis of [commands, waiting]) logOutages(redis, log);
  return {
    commands,
    waiting,
    close() {
      commands.disconnect();
      waiting.disconnect();
    },
  };
}

export function openQueue(name: string, connections: QueueConnections, log: BackgroundLog): Queue {
  const options: QueueOptions = { connection: connections.commands, prefix, defaultJobOptions: jobDefaults };
  const queue = new Queue(name, options);
  queue.on("error", (error: Error) => log.warn({ queue: name, reason: error.message }, "a background queue failed"));
  return queue;
}

export interface WorkOptions {
  concurrency: number;
  /** Milliseconds until the next try. */
  backoffMs(attemptsMade: number): number;
  process(job: { name: string; id: string | undefined; attemptsMade: number }): Promise<void>;
}

export function openWorker(
  name: string,
  connections: QueueConnections,
  log: BackgroundLog,
  { concurrency, backoffMs, process }: WorkOptions,
): Worker {
  const options: WorkerOptions = {
    connection: connections.waiting,
    prefix,
    concurrency,
    settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
    // Of jobs whose gateway died: the next one takes them over.
    stalledInterval: 15_000,
    maxStalledCount: 3,
  };
  const worker = new Worker(
    name,
    async ({ name: run, id, attemptsMade }) => process({ name: run, id, attemptsMade }),
    options,
  );
  worker.on("error", (error: Error) => log.warn({ queue: name, reason: error.message }, "a background worker failed"));
  return worker;
}

/** Jobs that are at work end first; after a few seconds nobody waits for them, nor for a Redis that is away. */
export async function closeQueues(workers: readonly Worker[], queues: readonly Queue[]): Promise<void> {
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs).unref());
  await Promise.race([Promise.allSettled(workers.map((worker) => worker.close())), timeout]);
  await Promise.race([Promise.allSettled(queues.map((queue) => queue.close())), timeout]);
}

function logOutages(redis: Redis, log: BackgroundLog): void {
  let away = false;
  redis.on("error", (error: Error) => {
    if (!away) log.warn({ reason: error.message }, "Redis is away: background work waits");
    away = true;
  });
  redis.on("ready", () => {
    away = false;
  });
}
