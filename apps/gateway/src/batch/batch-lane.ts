/**
 * The batch lane: BullMQ carries the ids of lines from whoever feeds them to whoever has room, one queue for each model. What a line is, who has it and what came of
 * it is in Postgres, so that an empty Redis only means that ids are put in again.
 *
 * Every gateway takes part: each feeds, each works, and what a dead one had begun is put back by the others.
 */
import { setTimeout } from "node:timers/promises";
import type { Principal } from "@tera/access";
import {
  type BackgroundLog,
  batchStepQueue,
  closeQueues,
  lineQueueName,
  openQueue,
  openWorker,
  type QueueConnections,
} from "@tera/background";
import type { BatchStore, FileStore, LineStore, OpenLine, RunningLine } from "@tera/batch";
import { databaseReason, isDatabaseUnavailable } from "@tera/database";
import { TeraError } from "@tera/protocol";
import type { Roster } from "../inference/roster.ts";
import type { BatchMetrics } from "./batch-metrics.ts";
import { createLineBeginner } from "./begin-lines.ts";
import type { LineEnder } from "./end-lines.ts";
import { createLineHolder } from "./line-holder.ts";
import { createLineReader } from "./line-reader.ts";
import type { BatchMover } from "./move-batches.ts";
import type { LineOutcome, LineRunner } from "./run-line.ts";

const feedEveryMs = 250;
const moveEveryMs = 1_000;
/** Of a model's lines in Redis: enough that nobody runs dry between two feedings. */
const windowMin = 128;
const windowPerSlot = 8;
const aheadMin = 4;
const lineConcurrencyMax = 512;
const moveConcurrency = 1;

export interface BatchLane {
  /** Begins nothing more, and puts back what runs. */
  stop(): Promise<void>;
}

export interface BatchLaneOptions {
  gatewayId: string;
  connections: QueueConnections;
  batches: BatchStore;
  lines: LineStore;
  files: FileStore;
  mover: BatchMover;
  runner: LineRunner;
  ender: LineEnder;
  roster: Pick<Roster, "find">;
  /** @throws {TeraError} `invalid_api_key` when the key may not be used any more. */
  principalOf(keyId: string): Promise<Principal>;
  /** Which of these gateways have gone silent. */
  findGone(gatewayIds: readonly string[]): Promise<readonly string[]>;
  metrics: BatchMetrics;
  log: BackgroundLog;
}

/** What a line only waits for. */
const awayCodes: ReadonlySet<string> = new Set(["database_unavailable", "storage_unavailable"]);

type ModelLane = { queue: ReturnType<typeof openQueue>; worker: ReturnType<typeof openWorker> };

export async function startBatchLane(options: BatchLaneOptions): Promise<BatchLane> {
  const {
    gatewayId,
    connections,
    batches,
    lines,
    files,
    mover,
    runner,
    ender,
    roster,
    principalOf,
    findGone,
    metrics,
    log,
  } = options;
  const models = new Map<string, ModelLane>();
  const beginner = createLineBeginner(lines, gatewayId);
  const reader = createLineReader(files);
  const holder = createLineHolder(lines, gatewayId);
  let stopping = false;
  let suspects: ReadonlySet<string> = new Set();

  // Of an earlier life under the same name.
  await lines.giveBackOf(async (gatewayIds) => gatewayIds.filter((id) => id === gatewayId)).catch(tell("starting"));

  function tell(doing: string) {
    return (error: unknown) => {
      const detail = error instanceof TeraError ? error.detail : undefined;
      const reason = detail ?? (isDatabaseUnavailable(error) ? databaseReason(error) : String(error));
      log.warn({ doing, reason }, "the batch lane waits");
    };
  }

  async function runLine(open: OpenLine): Promise<void> {
    if (stopping) return;
    const line = await beginner.begin(open);
    if (line === undefined) return;
    const outcome = await outcomeOf(line);
    switch (outcome.type) {
      case "ended":
        await finish(line, outcome);
        return;
      case "again":
        metrics.ended(line.model, "again");
        return untilDone(() => lines.giveBack(line, outcome.failed, outcome.delayMs));
      case "unpaid":
        await untilDone(() => batches.pause(line.batchId, "credit", outcome.reason));
        return untilDone(() => lines.giveBack(line, false, 0));
    }
  }

  async function finish(line: RunningLine, { end, close }: Extract<LineOutcome, { type: "ended" }>): Promise<void> {
    const counted = await ender.end(end);
    close(counted);
    if (counted) metrics.ended(line.model, end.errorCode === undefined ? "succeeded" : "failed");
  }

  async function outcomeOf(line: RunningLine): Promise<LineOutcome> {
    try {
      const [text, principal] = await Promise.all([reader.read(line), principalOf(line.keyId)]);
      return await runner.run(line, text, principal);
    } catch (error) {
      const isAway = error instanceof TeraError && awayCodes.has(error.code);
      if (error instanceof TeraError && !isAway) return runner.refuse(line, error);
      tell("running a line")(error);
      return { type: "again", failed: !isAway && !isDatabaseUnavailable(error), delayMs: 1_000 };
    }
  }

  /** A line that is not put back belongs to nobody as long as this gateway lives. */
  async function untilDone(act: () => Promise<unknown>): Promise<void> {
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
      try {
        await act();
        return;
      } catch (error) {
        tell("putting a line back")(error);
        await setTimeout(delayMs);
      }
    }
  }

  function laneOf(model: string): ModelLane {
    const known = models.get(model);
    if (known !== undefined) return known;
    const name = lineQueueName(model);
    const lane = {
      queue: openQueue(name, connections, log),
      worker: openWorker(name, connections, log, {
        concurrency: 1,
        backoffMs: () => 0,
        async process({ id }) {
          const line = readJobId(id);
          if (line !== undefined) await holder.hold(line, () => runLine(line));
        },
      }),
    };
    models.set(model, lane);
    return lane;
  }

  async function feedModel(model: string): Promise<void> {
    const slots = roster.find(model)?.readySlots ?? 0;
    if (slots === 0) return;
    const { queue, worker } = laneOf(model);
    // More than there are slots, so that one waits for each that is freed while the one before it is ended.
    worker.concurrency = Math.min(slots + Math.max(aheadMin, Math.ceil(slots / 2)), lineConcurrencyMax);
    const window = Math.max(windowMin, windowPerSlot * slots);
    const { waiting = 0 } = await queue.getJobCounts("waiting");
    if (waiting > window / 2) return;
    const open = await lines.listOpen(model, window);
    // An id that is queued already is not queued again; nothing is kept of one that was worked at, so that it can be.
    const opts = { attempts: 1, removeOnComplete: true, removeOnFail: true };
    await queue.addBulk(open.map((line) => ({ name: "line", data: {}, opts: { ...opts, jobId: toJobId(line) } })));
  }

  async function feed(): Promise<void> {
    for (const model of await lines.listModels()) await feedModel(model);
  }

  const steps = openQueue(batchStepQueue, connections, log);
  const stepWorker = openWorker(batchStepQueue, connections, log, {
    concurrency: moveConcurrency,
    backoffMs: () => 1_000,
    // It comes again as long as the batch is where it is.
    process: async ({ id }) => (id === undefined ? undefined : mover.work(id).catch(tell("moving a batch"))),
  });

  async function move(): Promise<void> {
    const gone = new Set<string>();
    await lines.giveBackOf(async (gatewayIds) => {
      const silent = await findGone(gatewayIds.filter((id) => id !== gatewayId));
      for (const id of silent) gone.add(id);
      return silent.filter((id) => suspects.has(id));
    });
    suspects = gone;
    await holder.giveBackLost();
    await batches.resumePaid();
    for (const batchId of await mover.findWork()) {
      await steps.add("step", {}, { jobId: batchId, attempts: 1, removeOnComplete: true, removeOnFail: true });
    }
  }

  const timers = [every(feedEveryMs, feed, tell("feeding lines")), every(moveEveryMs, move, tell("moving batches"))];

  return {
    async stop() {
      stopping = true;
      for (const timer of timers) clearInterval(timer);
      runner.stop();
      const lanes = [{ queue: steps, worker: stepWorker }, ...models.values()];
      await closeQueues(
        lanes.map(({ worker }) => worker),
        lanes.map(({ queue }) => queue),
      );
    },
  };
}

/** One turn at a time: a turn that takes long is not followed by another before it ends. */
function every(ms: number, act: () => Promise<void>, onError: (error: unknown) => void): NodeJS.Timeout {
  let acting = false;
  return setInterval(() => {
    if (acting) return;
    acting = true;
    act()
      .catch(onError)
      .finally(() => {
        acting = false;
      });
  }, ms);
}

const toJobId = ({ batchId, number }: OpenLine) => `${batchId}-${number}`;

function readJobId(id: string | undefined): OpenLine | undefined {
  const [, batchId, number] = /^(batch_\w+)-(\d+)$/.exec(id ?? "") ?? [];
  return batchId === undefined || number === undefined ? undefined : { batchId, number: Number(number) };
}
