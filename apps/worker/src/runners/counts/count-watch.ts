/**
 * Reads one engine's own counters once a minute, and tells how much they grew beside what its answers said: the worker's part in comparing what is metered with what was made.
 *
 * It is told in stretches of at most an hour (UTC), one after the other. A stretch ends early where the thread is lost: the engine or the worker restarted, or the engine was
 * away and cannot say whether it did. What was made between two stretches is compared with nothing.
 */
import { hostname } from "node:os";
import type { EngineCount, EngineMeasure, TokenRange } from "@tera/protocol";
import type { EngineClient } from "../engines/engine-client.ts";
import type { EngineMetrics, EngineProfile } from "../engines/engine-profile.ts";
import type { RunnerLog } from "../runner.ts";
import type { GenerationTally, Tally, TallyStretch } from "./generation-tally.ts";
import { type Counter, type Counters, readCounters } from "./read-counters.ts";

const readEveryMs = 60_000;
const hourMs = 3_600_000;
/** The last reading of a runner that stops. */
const lastReadTimeoutMs = 1_000;

/** Without the worker's name, which a runner does not know. */
export type RunnerCount = Omit<EngineCount, "workerId">;

export interface CountWatch {
  /** To be called often while the engine is well: reads when it is time. Never rejects. */
  look(profile: EngineProfile): Promise<void>;
  /** The engine was away, and may have restarted. */
  interrupted(): void;
  /** A last reading; resolves within a second or so. Idempotent. */
  close(): Promise<void>;
}

export interface CountWatchOptions {
  runnerId: string;
  /** Of the engine, as the worker calls it: `host:port`. */
  address: string;
  client: Pick<EngineClient, "readText">;
  tally: GenerationTally;
  tell(count: RunnerCount): void;
  log: RunnerLog;
}

interface Stretch {
  openedAtMs: number;
  first: Counters;
  last: Counters;
  heard: TallyStretch;
}

export function createCountWatch(options: CountWatchOptions): CountWatch {
  const { runnerId, client, tally, tell, log } = options;
  const engineAddress = toSharedAddress(options.address);
  let stretch: Stretch | undefined;
  let profile: EngineProfile | undefined;
  let lastReadAtMs = 0;
  let wasInterrupted = false;
  let saidWhy = false;
  let reading: Promise<void> | undefined;

  /** Why the engine's counters do not go on from where they were. */
  function breakBefore(counters: Counters, { last }: Stretch): string | undefined {
    if (counters.startedAt !== last.startedAt) return "the engine restarted";
    if (counters.prompt.value < last.prompt.value || counters.completion.value < last.completion.value)
      return "the engine's counters went down";
    if (wasInterrupted && counters.startedAt === undefined) return "the engine was away";
    return undefined;
  }

  function tellOf(engine: string, { openedAtMs, first, last }: Stretch, least: Tally, most: Tally): void {
    const range = (kind: "made" | "served", name: "prompt" | "completion"): TokenRange => ({
      min: least[kind][name].min,
      max: most[kind][name].max,
    });
    const measure = (name: "prompt" | "completion"): EngineMeasure => ({
      counted: grown(first[name], last[name]),
      made: range("made", name),
      served: range("served", name),
      canary: most.canary[name],
    });
    tell({
      version: 1,
      runnerId,
      engine,
      engineAddress,
      openedAtMs,
      closedAtMs: Date.now(),
      prompt: measure("prompt"),
      completion: measure("completion"),
    });
  }

  /** The counters are of some time between asking and hearing, so what was heard is looked at before and after. */
  async function read({ metrics, name: engine }: EngineProfile): Promise<void> {
    if (metrics === undefined) return;
    lastReadAtMs = Date.now();
    const next = tally.open();
    const least = stretch?.heard.read();
    const page = await client.readText(metrics.path).catch(() => undefined);
    const counters = page?.status === 200 ? readCounters(page, metrics) : undefined;
    if (counters === undefined) {
      next.close();
      // Busy, or gone: the next reading tells whether they go on.
      if (page === undefined) return;
      stretch?.heard.close();
      stretch = undefined;
      sayHowToEnable(engine, metrics, page.status);
      return;
    }
    if (stretch !== undefined && least !== undefined) {
      const why = breakBefore(counters, stretch);
      wasInterrupted = false;
      if (why === undefined) {
        stretch.last = counters;
        tellOf(engine, stretch, least, stretch.heard.read());
        if (!hasTurned(stretch)) return next.close();
      } else {
        log.info({ why }, "the engine's counters begin anew");
      }
      stretch.heard.close();
    }
    next.blur();
    stretch = { openedAtMs: Date.now(), first: counters, last: counters, heard: next };
    const opening = next.read();
    tellOf(engine, stretch, opening, opening);
  }

  function sayHowToEnable(engine: string, { howToEnable }: EngineMetrics, status: number): void {
    if (saidWhy) return;
    saidWhy = true;
    log.warn({ engine, status, howToEnable }, "the engine does not show its counters");
  }

  function hasTurned({ openedAtMs }: Stretch): boolean {
    return Math.floor(Date.now() / hourMs) !== Math.floor(openedAtMs / hourMs);
  }

  function readOnce(known: EngineProfile): Promise<void> {
    reading ??= read(known).finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    async look(known) {
      profile = known;
      const isDue = stretch !== undefined && (wasInterrupted || hasTurned(stretch));
      if (!isDue && Date.now() - lastReadAtMs < readEveryMs) return;
      await readOnce(known);
    },
    interrupted() {
      wasInterrupted = true;
    },
    async close() {
      if (stretch === undefined || profile === undefined || wasInterrupted) return;
      await reading;
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, lastReadTimeoutMs).unref());
      await Promise.race([readOnce(profile), timeout]);
      stretch?.heard.close();
      stretch = undefined;
    },
  };
}

function grown(first: Counter, last: Counter): TokenRange {
  const tokens = last.value - first.value;
  // Two numbers that show the same may differ by what is hidden of each.
  const hidden = (first.step + last.step) / 2;
  return { min: Math.max(0, Math.floor(tokens - hidden)), max: Math.ceil(tokens + hidden) };
}

/** Two workers on one machine call the same engine the same; two machines' `127.0.0.1:8000` are two engines. */
function toSharedAddress(address: string): string {
  const { hostname: host, port } = new URL(`http://${address}`);
  return ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].includes(host) ? `${hostname()}:${port}` : address;
}
