/** What the runners of the stack are doing while it starts, as their worker says in Redis. */
import type { RunnerStatus } from "@tera/protocol";
import { checkRedis, connectRedis, RedisUnsuitableError, readWorkerStates } from "@tera/queue";
import { UpError } from "./up-error.ts";

export interface RunnerWatch {
  /** Empty until the worker has spoken. */
  read(): Promise<RunnerStatus[]>;
  close(): void;
}

/** @throws {UpError} when Redis cannot be reached or is not fit; possible only with one that is not ours. */
export async function watchRunners(redisUrl: string): Promise<RunnerWatch> {
  const log = { info: () => undefined, warn: () => undefined };
  const redis = connectRedis(redisUrl, { name: "tera-up", log });
  try {
    await redis.connect();
    await checkRedis(redis);
  } catch (error) {
    redis.disconnect();
    if (error instanceof RedisUnsuitableError) throw new UpError(error.message, { cause: error });
    throw new UpError(`Redis at ${new URL(redisUrl).host} cannot be reached: check REDIS_URL.`, { cause: error });
  }
  return {
    read: async () => (await readWorkerStates(redis)).flatMap((worker) => worker.runners),
    close: () => redis.disconnect(),
  };
}

/** `llama-1 is starting: downloading, 34 %` for the runner that is the furthest from ready. */
export function describeRunners(runners: readonly RunnerStatus[]): string | undefined {
  const waiting = runners.find((runner) => runner.state !== "ready");
  if (!waiting) return undefined;
  const { id, state, reason } = waiting;
  return reason === undefined ? `${id} is ${state}` : `${id} is ${state}: ${reason}`;
}
