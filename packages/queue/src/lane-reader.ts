/**
 * The worker's side of the interactive lane: claims the jobs of one model, never more than it has free slots for.
 *
 * One loop per model (a model's lanes share a hash tag, two models' do not), with a connection of its own, because it blocks:
 * 1. wait until there are free slots;
 * 2. claim with the script, which respects classes and counts exactly; passed over while the lanes are known to be empty;
 * 3. nothing there: block on all classes at once, for an equal share of the free slots each. With fewer slots than classes it can return more than fits,
 *    which is put back.
 * A job that was claimed and never accepted (its worker died in between) is taken over after `takeoverIdleMs`.
 */
import { readFileSync } from "node:fs";
import { decodeJob, type Job, type JobLane } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { keys, laneGroup } from "./keys.ts";
import { type ReadLoop, startReadLoop } from "./read-loop.ts";
import { readEntries, readStreams, type StreamEntry } from "./stream-reply.ts";

const claimScript = readFileSync(new URL("./scripts/claim.lua", import.meta.url), "utf8");
const takeoverIdleMs = 3_000;
const takeoverEveryMs = 1_000;
/** Short, so that a takeover never waits long. */
const blockMs = 1_000;

/** A claimed job. Exactly one of the two methods must be called, within `takeoverIdleMs`. */
export interface ClaimedJob {
  job: Job;
  /** Takes the entry off the lane: from here on the gateway supervises. False: it was withdrawn, or Redis is away; do not run it. */
  accept(): Promise<boolean>;
  /** Puts it back for another worker. */
  giveBack(): Promise<void>;
}

export interface LaneReaderOptions {
  model: string;
  /** Which of its lanes, the most urgent first. */
  lanes: readonly JobLane[];
  workerId: string;
  /** For commands. */
  redis: Redis;
  /** For this reader alone; closed by `stop`. */
  blockingRedis: Redis;
  /** Free slots for this model right now. */
  freeSlots(): number;
  /** Resolves when `freeSlots` may have become positive, or the signal fires. */
  slotFreed(signal: AbortSignal): Promise<void>;
  /** Takes the job synchronously: when it returns, `freeSlots` has already gone down. */
  onJob(claimed: ClaimedJob): void;
  log: RedisLog;
}

export function startLaneReader(options: LaneReaderOptions): ReadLoop {
  const { model, workerId, redis, blockingRedis, log } = options;
  const lanes = options.lanes.map((lane) => keys.lane(model, lane));

  async function createGroups(): Promise<void> {
    for (const lane of lanes) {
      await redis.xgroup("CREATE", lane, laneGroup, "0", "MKSTREAM").catch((error: Error) => {
        if (!error.message.startsWith("BUSYGROUP")) throw error;
      });
    }
  }

  /** Nothing was left on any lane a moment ago. */
  let drained = false;

  async function claim(free: number): Promise<StreamEntry[]> {
    const entries = readStreams(await redis.eval(claimScript, lanes.length, ...lanes, laneGroup, workerId, free));
    drained = entries.length < free;
    return entries;
  }

  async function waitAndClaim(free: number): Promise<StreamEntry[]> {
    const perLane = Math.max(1, Math.floor(free / lanes.length));
    const ids = lanes.map(() => ">");
    const entries = readStreams(
      await blockingRedis.call(
        "XREADGROUP",
        ...["GROUP", laneGroup, workerId, "COUNT", String(perLane), "BLOCK", String(blockMs)],
        ...["STREAMS", ...lanes, ...ids],
      ),
    );
    drained = lanes.every((lane) => entries.filter(({ key }) => key === lane).length < perLane);
    return entries;
  }

  async function takeOver(): Promise<void> {
    for (const lane of lanes) {
      const free = options.freeSlots();
      if (free <= 0) return;
      const reply: unknown = await redis.call(
        "XAUTOCLAIM",
        ...[lane, laneGroup, workerId, String(takeoverIdleMs), "0", "COUNT", String(free)],
      );
      const entries = readEntries(lane, Array.isArray(reply) ? reply[1] : undefined);
      if (entries.length > 0)
        log.info({ model, count: entries.length }, "took over jobs that their worker never accepted");
      for (const entry of entries) take(entry);
    }
  }

  function take(entry: StreamEntry): void {
    const drop = () => dropEntry(redis, entry);
    let job: Job;
    try {
      job = decodeJob(entry.value ?? "");
    } catch (error) {
      // Of another version, or damaged: its gateway's deadline answers the client.
      log.warn({ model, entry: entry.id, reason: String(error).slice(0, 200) }, "dropped a job that cannot be read");
      drop().catch(ignoreAway);
      return;
    }
    const claimed: ClaimedJob = {
      job,
      accept: async () => {
        try {
          return await drop();
        } catch {
          return false;
        }
      },
      giveBack: async () => {
        await redis
          .multi()
          .xadd(entry.key, "*", "job", entry.value ?? "")
          .xack(entry.key, laneGroup, entry.id)
          .xdel(entry.key, entry.id)
          .exec()
          .catch(ignoreAway);
      },
    };
    if (options.freeSlots() > 0) options.onJob(claimed);
    else void claimed.giveBack();
  }

  let groupsExist = false;
  let nextTakeoverAt = 0;

  async function step(signal: AbortSignal): Promise<void> {
    if (!groupsExist) {
      await createGroups();
      groupsExist = true;
    }
    const free = options.freeSlots();
    if (free <= 0) return options.slotFreed(signal);
    if (Date.now() >= nextTakeoverAt) {
      nextTakeoverAt = Date.now() + takeoverEveryMs;
      await takeOver();
    }
    let entries = drained ? [] : await claim(free);
    if (entries.length === 0 && !signal.aborted) entries = await waitAndClaim(free);
    for (const entry of entries) take(entry);
  }

  return startReadLoop({
    blockingRedis,
    doing: `claiming jobs of ${model}`,
    log,
    step: (signal) =>
      step(signal).catch((error: unknown) => {
        // Perhaps NOGROUP: Redis was restarted empty.
        groupsExist = false;
        throw error;
      }),
  });
}

/**
 * Takes an entry off its lane. In one write, but no transaction: that would be twice the commands, and an entry that is deleted and not acknowledged,
 * because the connection broke in between, harms nobody.
 * @returns false when it was not there any more.
 */
async function dropEntry(redis: Redis, { key, id }: StreamEntry): Promise<boolean> {
  const [deleted] = await Promise.all([redis.xdel(key, id), redis.xack(key, laneGroup, id)]);
  return deleted === 1;
}

function ignoreAway(): void {
  // Redis is away: the entry stays pending and is taken over after `takeoverIdleMs`.
}
