/** Redis: whether it answers and keeps what it is given; then the workers and runners that report there. */
import type { RunnerState, RunnerStatus, WorkerState } from "@tera/protocol";
import { checkRedis, RedisUnsuitableError, readWorkerStates } from "@tera/queue";
import type { FoundStack } from "../stack/find-stack.ts";
import { placeOf, withRedis } from "../stack/open-stack.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { Finding } from "./finding.ts";

export async function checkQueueAndRunners(stack: FoundStack): Promise<Finding[]> {
  const { redisUrl } = stack;
  if (redisUrl === undefined) {
    const found = "No stack runs and REDIS_URL is not set.";
    return [
      { check: "redis", status: "skipped", found },
      { check: "runners", status: "skipped", found },
    ];
  }
  try {
    return await withRedis(stack, async (redis) => {
      const { version } = await checkRedis(redis);
      const workers = await readWorkerStates(redis);
      return [
        { check: "redis", status: "ok", found: `${version} at ${placeOf(redisUrl)}, evicts nothing.` },
        ...checkWorkers(workers),
      ];
    });
  } catch (error) {
    const skipped: Finding = { check: "runners", status: "skipped", found: "Workers report to Redis." };
    if (error instanceof RedisUnsuitableError) {
      return [{ check: "redis", status: "broken", found: error.message, fix: "As said." }, skipped];
    }
    if (!(error instanceof CliError)) throw error;
    return [
      {
        check: "redis",
        status: "broken",
        found: error.message,
        fix: "Start it, or correct REDIS_URL (password, port, rediss:// for TLS).",
      },
      skipped,
    ];
  }
}

function checkWorkers(workers: readonly WorkerState[]): Finding[] {
  if (workers.length === 0) {
    return [
      {
        check: "runners",
        status: "broken",
        found: "No worker is connected, so no model is served.",
        fix: "Start a worker beside your engine (README, attaching an engine), or everything on this machine: npm start",
      },
    ];
  }
  return workers.flatMap((worker): Finding[] => {
    const { workerId, host, runners } = worker;
    if (runners.length > 0) return runners.map((runner) => checkRunner(runner, worker));
    return [
      {
        check: `worker ${workerId}`,
        status: "broken",
        found: `The worker on ${host} has no runner.`,
        fix: "Start an engine there: one on a usual port is attached by itself. Or name it in tera.worker.yaml, and start the worker again.",
      },
    ];
  });
}

const fixes: Record<Exclude<RunnerState, "ready">, string> = {
  starting: "Wait: a large model takes minutes to load. If it stays so, see the worker's log.",
  warming: "Wait: it takes requests after its first small generation, which can take minutes (graph compilation).",
  trial: "Wait: it is back in rotation after its next answer.",
  ejected:
    "Look at the engine's own log: its generations fail, though it may call itself healthy. It is tried again by itself.",
  unhealthy: "Look at the engine's own log and address; it comes back by itself once it answers.",
  stopped: "See the worker's log, correct its tera.worker.yaml, and start it again.",
  drained: "The operator took it out: `tera runners resume` puts it back.",
  unloaded: "The operator stopped its engine: `tera runners load` starts it.",
};

/** States that pass by themselves, or that somebody wanted. */
const expected: ReadonlySet<RunnerState> = new Set(["starting", "warming", "trial", "drained", "unloaded"]);

function checkRunner(runner: RunnerStatus, { workerId, draining }: WorkerState): Finding {
  const check = `runner ${runner.id}`;
  const models = runner.models.map(({ id }) => id).join(", ");
  if (runner.state === "ready" && draining) {
    return {
      check,
      status: "warning",
      found: `Worker ${workerId} is draining.`,
      fix: "Wait, or start another worker.",
    };
  }
  if (runner.state === "ready" && models !== "") {
    return {
      check,
      status: "ok",
      found: `${runner.engine} serves ${models}, ${runner.busy} of ${runner.slots} slots busy.`,
    };
  }
  if (runner.state === "ready") {
    return { check, status: "broken", found: `${runner.engine} has no model.`, fix: "Load a model in the engine." };
  }
  const reason = runner.reason === undefined ? "" : `: ${runner.reason}`;
  const status = expected.has(runner.state) ? "warning" : "broken";
  const log = runner.kind === "process" ? ` Its log: tera runners logs ${runner.id}` : "";
  return { check, status, found: `${runner.engine} is ${runner.state}${reason}.`, fix: fixes[runner.state] + log };
}
