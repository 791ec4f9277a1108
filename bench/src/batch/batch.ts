/**
 * `bench batch`: lines beside live requests. What live requests lose by them, how much of the idle slots they use, and that none is lost or charged twice when workers,
 * gateways and Redis are killed; and what memory a large file takes.
 *
 * With and without lines is measured in turns, by pausing the batch, because other programs on the machine come and go. Only then something is killed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createBatchStore } from "@tera/batch";
import { createPriceStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { type Stack, startStack } from "@tera/testkit";
import type { Report } from "../report/report.ts";
import { percentile, sum } from "../statistics.ts";
import { chatPath } from "../targets/target.ts";
import type { Workbench } from "../workbench.ts";
import { type BatchClient, createBatchClient, requestLines, type SeenBatch } from "./batch-client.ts";
import { countResults } from "./count-results.ts";
import { measureLargeFile, nobodysModel } from "./large-file.ts";
import { type LiveLoad, startLiveLoad } from "./live-load.ts";
import { type MortalRedis, startMortalRedis } from "./mortal-redis.ts";
import { readRssMb, watchPeak } from "./peak-watch.ts";
import type { BatchRow } from "./rows.ts";

export interface BatchOptions {
  lines: number;
  /** Turns with and without lines. */
  rounds: number;
  /** Of each turn. */
  seconds: number;
  /** Live streams that are open all the time. */
  streams: number;
  /** Of each of the two engines. */
  slots: number;
  /** 0: no large file. */
  largeFileLines: number;
}

const tokensPerLine = 20;
const msPerToken = 50;
/** From a slot to the first token: a short prompt. */
const prefillMs = 30;
const engines = 2;
/** What a worker keeps of each runner, see TERA_WORKER_LIVE_RESERVE. */
const reserve = 1;
/** Until slots are filled, or empty again. */
const settleMs = 3_000;
const sampleEveryMs = 200;
const timeoutMs = 1_800_000;
/** Of the lines, what is left for the kills. */
const killShare = 0.35;
const megabyte = 2 ** 20;
const quiet = { info: () => undefined, warn: () => undefined };

interface Turns {
  aloneMs: number[];
  besideMs: number[];
  idleSlots: number;
  busySlots: number;
  lines: number;
  seconds: number;
}

export async function runBatch(
  workbench: Workbench,
  options: BatchOptions,
): Promise<Pick<Report<BatchRow>, "rows" | "setup">> {
  const { say, services } = workbench;
  const redis = await startMortalRedis(workbench);
  const stack = await startStack({
    services: { createDatabase: () => services.createDatabase(), createRedis: async () => redis },
    gateways: 2,
    workers: 2,
    fakeRunners: engines,
    runner: { slots: options.slots, msPerToken, ttftMs: prefillMs },
  });
  workbench.defer(() => stack.stop());
  const survivor = stack.gateways[1];
  if (survivor === undefined) throw new Error("there are two gateways");
  const commands = connectRedis(redis.url, { name: "bench", log: quiet });
  workbench.defer(async () => commands.disconnect());
  await commands.connect();

  // Lines for a model without a price that nobody serves are refused.
  await createPriceStore(stack.database).addPrice({ model: nobodysModel, outputNano: 1_000n, author: "bench" });
  await publishInvalidation(commands, { type: "prices" });

  const redisPeak = watchPeak(async () => readUsedMemoryMb(await commands.info("memory")));
  workbench.defer(async () => void (await redisPeak.stop()));
  const rssPeak = watchPeak(async () => {
    const read = stack.gateways.map(({ process }) => readRssMb(process.pid).catch(() => 0));
    return Math.max(...(await Promise.all(read)));
  });
  workbench.defer(async () => void (await rssPeak.stop()));

  const client = createBatchClient(survivor.url, stack.apiKey);
  const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
  const live = startLiveLoad({ url: survivor.url + chatPath, headers, model: stack.model }, options.streams);
  workbench.defer(() => live.stop());
  await sleep(settleMs);
  const batchId = await client.create(await client.upload(requestLines(stack.model, options.lines, tokensPerLine)));
  const turns = await measureTurns(batchId, { stack, client, live, options, say });
  const liveErrors = live.errors;
  await killAll(batchId, { stack, client, redis, flush: () => commands.flushall(), lines: options.lines, say });
  const batch = await until(client, batchId, ({ status }) => status === "completed");
  await live.stop();
  const { lost, doubled } = await countResults(stack.database.db, client, batch, {
    lines: options.lines,
    accountId: stack.accountId,
  });
  const large =
    options.largeFileLines === 0
      ? undefined
      : await measureLargeFile({
          databaseUrl: stack.databaseUrl,
          client,
          gatewayPid: survivor.process.pid,
          lines: options.largeFileLines,
          say,
        });
  const liveTtftAloneP50Ms = percentile(turns.aloneMs, 0.5);
  const liveTtftBesideP50Ms = percentile(turns.besideMs, 0.5);
  const row: BatchRow = {
    lines: options.lines,
    lost,
    doubled,
    liveTtftRatio: liveTtftBesideP50Ms / liveTtftAloneP50Ms,
    liveTtftAloneP50Ms,
    liveTtftBesideP50Ms,
    idleSlotsUsed: turns.busySlots / turns.idleSlots,
    redisPeakMb: await redisPeak.stop(),
    gatewayRssPeakMb: await rssPeak.stop(),
    linesPerSecond: turns.lines / turns.seconds,
    largeFileLines: options.largeFileLines,
    largeUploadGrowthMb: large?.uploadGrowthMb ?? null,
    largeCheckGrowthMb: large?.checkGrowthMb ?? null,
    largeOutputGrowthMb: large?.outputGrowthMb ?? null,
    errors: lost + doubled + liveErrors + (large?.errors ?? 0),
  };
  return {
    rows: [row],
    setup: [
      `2 gateways, 2 workers, 2 fake engines of ${options.slots} slots at ${1_000 / msPerToken} tokens/s, first token after ${prefillMs} ms`,
      `${options.streams} live streams, lines of ${tokensPerLine} tokens`,
      `${options.rounds} turns of ${options.seconds} s with and without`,
    ],
  };
}

interface TurnDependencies {
  stack: Stack;
  client: BatchClient;
  live: LiveLoad;
  options: BatchOptions;
  say(line: string): void;
}

async function measureTurns(batchId: string, { stack, client, live, options, say }: TurnDependencies): Promise<Turns> {
  const { rounds, seconds, lines, slots } = options;
  const batches = createBatchStore({ db: stack.database.db });
  const turns: Turns = { aloneMs: [], besideMs: [], idleSlots: 0, busySlots: 0, lines: 0, seconds: 0 };
  const done = async () => (await client.retrieve(batchId)).request_counts.completed;

  async function pause(): Promise<void> {
    await batches.pause(batchId, "operator", "measured without it");
    while ((await countRunning(stack)) > live.open) await sleep(sampleEveryMs);
  }

  await until(client, batchId, ({ status }) => status === "in_progress");
  for (let round = 0; round < rounds && (await done()) < lines * (1 - killShare); round++) {
    await pause();
    live.takeTtftsMs();
    await sleep(seconds * 1e3);
    turns.aloneMs.push(...live.takeTtftsMs());

    await batches.resume(batchId, "operator");
    await sleep(settleMs);
    live.takeTtftsMs();
    const startedAt = performance.now();
    const before = await done();
    while (performance.now() - startedAt < seconds * 1e3) {
      const open = live.open;
      turns.busySlots += Math.max(0, (await countRunning(stack)) - open);
      turns.idleSlots += engines * (slots - reserve) - open;
      await sleep(sampleEveryMs);
    }
    turns.lines += (await done()) - before;
    turns.seconds += (performance.now() - startedAt) / 1e3;
    turns.besideMs.push(...live.takeTtftsMs());
    say(
      `turn ${round + 1}: first token ${percentile(turns.aloneMs, 0.5).toFixed(1)} ms alone, ${percentile(turns.besideMs, 0.5).toFixed(1)} ms beside, ${(turns.busySlots / turns.idleSlots).toFixed(3)} of the idle slots, ${(turns.lines / turns.seconds).toFixed(1)} lines/s`,
    );
  }
  return turns;
}

interface KillDependencies {
  stack: Stack;
  client: BatchClient;
  redis: MortalRedis;
  flush(): Promise<unknown>;
  lines: number;
  say(line: string): void;
}

/** Each in its turn, while lines run. */
async function killAll(batchId: string, { stack, client, redis, flush, lines, say }: KillDependencies): Promise<void> {
  const { request_counts: counts } = await client.retrieve(batchId);
  const step = (lines - counts.completed) / 8;
  let at = counts.completed;

  async function reach(): Promise<void> {
    at += step;
    await until(client, batchId, (seen) => seen.request_counts.completed >= Math.min(at, lines));
  }
  async function killPart(part: Stack["gateways"][number] | Stack["workers"][number] | undefined): Promise<void> {
    if (part === undefined) throw new Error("there are two of each");
    say(`kill -9 of ${part.process.name}`);
    await part.process.kill("SIGKILL");
    await reach();
    await stack.revive(part);
  }

  await reach();
  await killPart(stack.workers[0]);
  await reach();
  await killPart(stack.gateways[0]);
  await reach();
  say("kill -9 of Redis");
  await redis.replace();
  await reach();
  say("FLUSHALL");
  // Perhaps not connected again yet.
  while (
    !(await flush().then(
      () => true,
      () => false,
    ))
  )
    await sleep(sampleEveryMs);
}

async function until(
  client: BatchClient,
  batchId: string,
  isReached: (batch: SeenBatch) => boolean,
): Promise<SeenBatch> {
  for (const deadlineMs = performance.now() + timeoutMs; ; await sleep(sampleEveryMs)) {
    // The gateway may have lost its Redis a moment ago.
    const seen = await client.retrieve(batchId).catch(() => undefined);
    if (seen !== undefined && isReached(seen)) return seen;
    if (seen?.status === "failed" || performance.now() > deadlineMs) throw new Error("the batch does not go on");
  }
}

/** What the engines work on now. */
async function countRunning({ runners }: Stack): Promise<number> {
  const read = runners.map(async ({ url }) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^vllm:num_requests_running\{[^}]*\} (\S+)$/m.exec(text)?.[1]);
  });
  return sum(await Promise.all(read));
}

function readUsedMemoryMb(info: string): number {
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]) / megabyte;
}
