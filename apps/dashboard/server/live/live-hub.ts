/**
 * One look at the whole installation for everybody who watches: it reads once every 2 s, only while somebody watches, and sends all of them the same words.
 * What it costs does not grow with viewers, and gateways do not notice any of it.
 */
import { setTimeout } from "node:timers/promises";
import type { WorkerState } from "@tera/protocol";
import type { FiguresReader } from "@tera/queue";
import type { LiveHistory, LivePoint, LiveSnapshot, LiveTrouble } from "../../api/live.ts";
import { createFigureHistory, pointMs } from "./figure-history.ts";
import { toLiveWorker, toSlots } from "./live-worker.ts";

export const lookEveryMs = 2_000;
const spendEveryMs = 10_000;
const viewersMax = 500;

interface LiveEvents {
  history: LiveHistory;
  snapshot: LiveSnapshot;
  point: LivePoint;
  trouble: LiveTrouble;
}

export interface LiveHub {
  /**
   * @param send called with whole events, as they go over the wire; at first the history. Not any more after the answer was called.
   * @returns ends it; undefined: too many watch already.
   */
  watch(send: (event: string) => void): (() => void) | undefined;
  /** The last snapshot, not older than a few seconds; looks where there is none. @throws where there is nothing to make it from */
  look(): Promise<LiveSnapshot>;
}

export interface LiveHubOptions {
  figuresReader: FiguresReader;
  readWorkers(): Promise<WorkerState[]>;
  /** Of all accounts since midnight UTC. */
  readToday(): Promise<NonNullable<LiveSnapshot["today"]>>;
  log: { warn(fields: object, message: string): void };
}

export function createLiveHub({ figuresReader, readWorkers, readToday, log }: LiveHubOptions): LiveHub {
  const viewers = new Set<Viewer>();
  const history = createFigureHistory();
  let running = false;
  let looking: Promise<void> | undefined;
  let last: { snapshot: LiveSnapshot; nowMs: number; lookedAt: number } | undefined;
  let lastPointMs = 0;
  let today: { spend: LiveSnapshot["today"]; readAt: number } | undefined;

  async function readSpend(): Promise<LiveSnapshot["today"]> {
    if (today === undefined || performance.now() - today.readAt > spendEveryMs) {
      const spend = await readToday().catch((error: Error) => {
        log.warn({ reason: error.message }, "what was spent today could not be read");
        return null;
      });
      today = { spend, readAt: performance.now() };
    }
    return today.spend;
  }

  async function read(): Promise<void> {
    const [{ nowMs, told }, states, spend] = await Promise.all([figuresReader.readNew(), readWorkers(), readSpend()]);
    history.add(told);
    const { figures, gateways } = history.now(nowMs);
    const snapshot = {
      at: new Date(nowMs).toISOString(),
      gateways,
      now: figures,
      workers: states.map(toLiveWorker).toSorted((one, other) => (one.id < other.id ? -1 : 1)),
      slots: toSlots(states),
      today: spend,
    };
    last = { snapshot, nowMs, lookedAt: performance.now() };
  }

  /** One at a time. */
  function lookOnce(): Promise<void> {
    looking ??= read().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function tellAll(): Promise<void> {
    try {
      await lookOnce();
      if (last === undefined) return;
      const { snapshot, nowMs } = last;
      const points = history.points(nowMs, lastPointMs);
      const later = [...points.map((point) => render("point", point)), render("snapshot", snapshot)].join("");
      for (const viewer of viewers) {
        viewer.send(viewer.isNew ? renderFirst(snapshot, nowMs) : later);
        viewer.isNew = false;
      }
      lastPointMs = Math.max(lastPointMs, ...points.map(({ beginsAt }) => Date.parse(beginsAt)));
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, "live figures could not be read");
      const trouble = render("trouble", { message: "Redis does not answer: figures stand still until it does." });
      for (const viewer of viewers) viewer.send(trouble);
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (viewers.size > 0) {
      await tellAll();
      await setTimeout(lookEveryMs, undefined, { ref: false });
    }
    running = false;
  }

  function renderFirst(snapshot: LiveSnapshot, nowMs: number): string {
    const points = history.points(nowMs);
    return render("history", { everyS: pointMs / 1_000, points }) + render("snapshot", snapshot);
  }

  return {
    watch(send) {
      if (viewers.size >= viewersMax) return undefined;
      const viewer: Viewer = { send, isNew: true };
      viewers.add(viewer);
      if (!running) {
        void run();
      } else if (last !== undefined && isFresh(last)) {
        viewer.isNew = false;
        send(renderFirst(last.snapshot, last.nowMs));
      }
      return () => {
        viewers.delete(viewer);
      };
    },
    async look() {
      if (last === undefined || !isFresh(last)) await lookOnce();
      if (last === undefined) throw new Error("a look gave no snapshot");
      return last.snapshot;
    },
  };
}

interface Viewer {
  send(event: string): void;
  /** Has not been sent the history. */
  isNew: boolean;
}

function isFresh({ lookedAt }: { lookedAt: number }): boolean {
  return performance.now() - lookedAt < 2 * lookEveryMs;
}

function render<Name extends keyof LiveEvents>(event: Name, data: LiveEvents[Name]): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
