/**
 * `bench stream`: what a gateway costs per token, and what it adds to the time to the first one. So many streams of a steady rate run through each
 * target in turn; while all of them run, the CPU time of the target's own processes is read twice. Then, with the streams still running, short
 * requests to a second, idle engine through the same target are timed: an engine that is busy begins an answer only at its next step, which would hide
 * the millisecond that is looked for.
 */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type StackRunner, startStackRunner } from "@tera/testkit";
import { shuffle, sum } from "../statistics.ts";
import { startTargets } from "../targets/start-targets.ts";
import type { Endpoint, Engine, Target, TargetName } from "../targets/target.ts";
import type { Workbench } from "../workbench.ts";
import { readCpuUs } from "./process-cpu.ts";
import { type StreamMeasurement, type StreamRow, toStreamRows } from "./rows.ts";
import { readStream } from "./sse-client.ts";

export interface StreamOptions {
  targets: readonly TargetName[];
  streams: readonly number[];
  tokensPerSecond: number;
  rounds: number;
  /** How long CPU is counted in one measurement. */
  seconds: number;
  profileDirectory: string | undefined;
}

export interface StreamReport {
  rows: StreamRow[];
  setup: string[];
}

/** Streams begin one after the other over this long: an engine's clients do not all come at once. */
const rampMs = 1_000;
const probes = 100;
const probeEveryMs = 15;
/** Between the phases; streams outlive the last one by as much. */
const marginMs = 500;
const warmUpStreams = 32;
const promptText = "Count for me. ".repeat(16);
/** Below this share of the wanted rate, the machine is the bottleneck and not what is measured. */
const keptRateMin = 0.95;

export async function runStream(workbench: Workbench, options: StreamOptions): Promise<StreamReport> {
  const { say } = workbench;
  const stepMs = 1e3 / options.tokensPerSecond;
  const engines = [
    await startEngine(workbench, "bench/steady", { msPerToken: stepMs, slots: 1_024 }),
    await startEngine(workbench, "bench/idle", { msPerToken: 0, slots: 64 }),
  ];
  const { all } = await startTargets({
    workbench,
    engines,
    wanted: options.targets,
    profileDirectory: options.profileDirectory,
  });

  say(`warming up ${all.map(({ name }) => name).join(", ")}`);
  for (const target of all) {
    const { errors, ttftsMs } = await measure(target, warmUpStreams, options);
    if (ttftsMs.length === 0) throw new Error(`${target.name} does not answer: ${errors} errors`);
  }

  const measurements: StreamMeasurement[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const streams of options.streams) {
      for (const target of shuffle(all)) {
        const measurement = await measure(target, streams, options);
        measurements.push(measurement);
        say(`round ${round}/${options.rounds}, ${streams} streams, ${target.name}: ${describe(measurement)}`);
        const keptRate = measurement.chunks / (streams * options.tokensPerSecond * options.seconds);
        if (keptRate < keptRateMin) say(`the machine kept ${Math.round(keptRate * 100)} % of the wanted rate only`);
      }
    }
  }
  const place = (row: StreamRow) => all.findIndex(({ name }) => name === row.target);
  return {
    rows: toStreamRows(measurements).toSorted((a, b) => a.streams - b.streams || place(a) - place(b)),
    setup: [
      `engine: the testkit's fake runner at ${options.tokensPerSecond} tokens/s, client: Node ${process.versions.node}, ${options.rounds} rounds of ${options.seconds} s`,
      ...all.flatMap(({ name, version }) => (version === undefined ? [] : `${name} ${version}`)),
    ],
  };
}

async function startEngine(
  workbench: Workbench,
  model: string,
  settings: { msPerToken: number; slots: number },
): Promise<Engine> {
  const runner: StackRunner = await startStackRunner(model, { models: [model], ...settings });
  workbench.defer(() => runner.process.stop());
  return { model, url: runner.url, workerUrl: runner.url, slots: settings.slots };
}

async function measure(
  { name, endpoints: [steady, idle], processes }: Target,
  streams: number,
  { tokensPerSecond, seconds }: StreamOptions,
): Promise<StreamMeasurement> {
  if (steady === undefined || idle === undefined) throw new Error(`${name} must lead to two engines`);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const windowMs = seconds * 1e3;
  const lifeMs = rampMs + marginMs + windowMs + probes * probeEveryMs + marginMs;
  const tokens = Math.ceil((lifeMs / 1e3) * tokensPerSecond);
  let chunks = 0;
  let errors = 0;

  async function openOne(endpoint: Endpoint, afterMs: number): Promise<void> {
    await sleep(afterMs);
    await readStream({ endpoint, agent, prompt: promptText, tokens, onChunk: () => chunks++ });
  }
  function countError(): void {
    errors++;
  }
  const open = Array.from({ length: streams }, (_, index) =>
    openOne(steady, (index / streams) * rampMs).catch(countError),
  );
  await sleep(rampMs + marginMs);

  const before = { chunks, cpuUs: await readCpuOf(processes) };
  await sleep(windowMs);
  const after = { chunks, cpuUs: await readCpuOf(processes) };

  const ttftsMs: number[] = [];
  for (let probe = 0; probe < probes; probe++) {
    await Promise.all([
      sleep(probeEveryMs),
      readStream({ endpoint: idle, agent, prompt: promptText, tokens: 1, onChunk: () => undefined }).then(
        ({ ttftMs }) => ttftsMs.push(ttftMs),
        countError,
      ),
    ]);
  }
  await Promise.all(open);
  agent.destroy();
  const parts = Object.keys(processes).map((part): [string, number] => [
    part,
    (after.cpuUs[part] ?? 0) - (before.cpuUs[part] ?? 0),
  ]);
  return {
    target: name,
    streams,
    chunks: after.chunks - before.chunks,
    cpuUs: Object.fromEntries(parts),
    ttftsMs,
    errors,
  };
}

async function readCpuOf(processes: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const read = Object.entries(processes).map(
    async ([part, pid]): Promise<[string, number]> => [part, await readCpuUs(pid)],
  );
  return Object.fromEntries(await Promise.all(read));
}

function describe({ cpuUs, chunks, errors }: StreamMeasurement): string {
  const trouble = errors === 0 ? "" : `, ${errors} errors`;
  return `${(sum(Object.values(cpuUs)) / chunks).toFixed(1)} us of CPU per chunk${trouble}`;
}
