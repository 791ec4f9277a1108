/**
 * Background work of the gateways: runs on job schedulers, and the delivery of notices. Every gateway takes part; BullMQ gives each job to one of them.
 *
 * Redis only wakes: a minder in every gateway looks every minute what Postgres says is due, and puts back schedulers and jobs that are gone. A wiped Redis costs a
 * minute, and nothing is lost with it.
 */
import type { Db } from "@tera/database";
import type { Registry } from "@tera/telemetry";
import { registerBackgroundMetrics } from "./metrics.ts";
import { type NoticeDelivery, attemptsMax as noticeAttemptsMax, noticeBackoffMs } from "./notices/deliver-notice.ts";
import { closeQueues, connectQueues, jobDefaults, noticeQueue, openQueue, openWorker, runQueue } from "./queues.ts";
import type { BackgroundLog, Run } from "./run.ts";
import { createRunLog } from "./run-log.ts";

const mindEveryMs = 60_000;
const runConcurrency = 2;
const noticeConcurrency = 4;

export interface BackgroundOptions {
  redisUrl: string;
  /** Its statement time-out must allow for adding up a month of usage. */
  db: Db;
  runs: readonly Run[];
  /** Undefined: nobody is told anything. */
  notices: NoticeDelivery | undefined;
  registry: Registry;
  log: BackgroundLog;
}

export interface Background {
  /** What the minder does every minute: puts back what Redis lost, and queues what is due. Never rejects. */
  mind(): Promise<void>;
  /** Runs that are at work are told, and given a few seconds. */
  stop(): Promise<void>;
}

export async function startBackground(options: BackgroundOptions): Promise<Background> {
  const { redisUrl, db, runs, notices, registry, log } = options;
  const byName = new Map(runs.map((run) => [run.name, run]));
  const runLog = createRunLog({ db });
  const metrics = registerBackgroundMetrics(registry, runLog);
  const stopping = new AbortController();
  const connections = connectQueues(redisUrl, log);
  // Before the queues, which would do it themselves and at once.
  await Promise.allSettled([connections.commands.connect(), connections.waiting.connect()]);
  const queue = openQueue(runQueue, connections, log);
  const noticeJobs = openQueue(noticeQueue, connections, log);

  async function runJob(name: string): Promise<void> {
    const run = byName.get(name);
    // Of another version's gateway: its own kind knows it.
    if (run === undefined) return;
    const startedMs = performance.now();
    const secondsSince = () => (performance.now() - startedMs) / 1_000;
    try {
      const outcome = await runLog.record(run, stopping.signal);
      metrics.onEnd(name, "succeeded", secondsSince());
      log.info({ run: name, ...outcome }, "background run ended");
    } catch (error) {
      metrics.onEnd(name, "failed", secondsSince());
      log.error({ run: name, err: error }, "background run failed");
      throw error;
    }
  }

  async function deliverJob(id: string | undefined): Promise<void> {
    if (notices === undefined || id === undefined) return;
    const outcome = await notices.deliver(id);
    if (outcome === "gone") return;
    metrics.onNotice(outcome);
    if (outcome === "failed") throw new Error("the receiver did not take the notice; tried again");
  }

  function jobOptions({ attemptsMax }: Run) {
    return { ...jobDefaults, attempts: attemptsMax, backoff: { type: "custom" } };
  }

  async function putSchedulers(always: boolean): Promise<void> {
    for (const run of runs) {
      // Upserting begins its interval anew: only what is new or gone.
      if (!always && (await queue.getJobScheduler(run.name)) !== undefined) continue;
      const repeat =
        "everyMs" in run.schedule ? { every: run.schedule.everyMs } : { pattern: run.schedule.pattern, tz: "UTC" };
      await queue.upsertJobScheduler(run.name, repeat, { name: run.name, opts: jobOptions(run) });
    }
  }

  async function mindOnce(always: boolean): Promise<void> {
    try {
      await putSchedulers(always);
      for (const run of await runLog.findDue(runs)) {
        // One at a time: while it waits or works, further ones fall away.
        await queue.add(run.name, {}, { ...jobOptions(run), deduplication: { id: `due-${run.name}` } });
      }
      for (const id of (await notices?.findWaiting()) ?? []) {
        await noticeJobs.add(
          "notice",
          {},
          // The id is the job's: a notice that is queued already is not queued again. Nothing of it is kept, so that it can be.
          {
            jobId: id,
            attempts: noticeAttemptsMax,
            backoff: { type: "custom" },
            removeOnComplete: true,
            removeOnFail: true,
          },
        );
      }
    } catch (error) {
      log.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        "background work could not be queued",
      );
    }
  }

  let minding: Promise<void> | undefined;
  function mind(always = false): Promise<void> {
    minding ??= mindOnce(always).finally(() => {
      minding = undefined;
    });
    return minding;
  }

  // Not awaited: Redis may be away, and a gateway starts all the same.
  void mind(true);
  const workers = [
    openWorker(runQueue, connections, log, {
      concurrency: runConcurrency,
      backoffMs: (attemptsMade) => Math.min(5_000 * 2 ** attemptsMade, 300_000),
      process: ({ name }) => runJob(name),
    }),
    openWorker(noticeQueue, connections, log, {
      concurrency: noticeConcurrency,
      backoffMs: noticeBackoffMs,
      process: ({ id }) => deliverJob(id),
    }),
  ];
  const timer = setInterval(() => void mind(), mindEveryMs);
  // A Redis that comes back may come back empty.
  connections.commands.on("ready", () => void mind());

  return {
    mind: () => mind(),
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await closeQueues(workers, [queue, noticeJobs]);
      connections.close();
    },
  };
}
