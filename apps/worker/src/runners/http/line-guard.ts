/**
 * Keeps lines of batches away from an engine that makes requests wait: its own queue is the first to know that it has no room, whatever slots it was given. What the engine
 * says (its page of metrics) becomes a limit for the requests that it has at once when one of them is added for a line; live requests have no such limit.
 *
 * While requests wait in it, the limit is what the engine worked at without them. Then it grows by one with every look, until it does not matter any more.
 * Nothing is asked while no lines come.
 */
import type { EngineClient } from "../engines/engine-client.ts";
import type { EngineMetrics } from "../engines/engine-profile.ts";

const lookEveryMs = 500;

export interface LineGuard {
  /** Undefined: the engine's queue is empty, or it does not tell. */
  limit(): number | undefined;
  /** A line is there: looks at the engine's queue, unless it just did. Never throws. */
  look(): void;
  stop(): void;
}

export interface LineGuardOptions {
  client: Pick<EngineClient, "readText">;
  /** Undefined while the engine is not known, or has no such page. */
  metrics(): EngineMetrics | undefined;
  /** Requests that the engine has from here now. */
  open(): number;
  /** Requests that it gets at most. */
  slots(): number;
  /** The limit was raised. */
  onRoom(): void;
}

export function createLineGuard({ client, metrics, open, slots, onRoom }: LineGuardOptions): LineGuard {
  let limit: number | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function readWaiting({ path, waiting }: EngineMetrics): Promise<number> {
    const page = await client.readText(path).catch(() => undefined);
    return page?.status === 200 ? readGauge(page.text, waiting) : 0;
  }

  async function look(known: EngineMetrics): Promise<void> {
    const waiting = await readWaiting(known);
    if (stopped) return;
    const before = limit;
    if (waiting > 0) limit = Math.max(0, open() - waiting);
    else if (limit !== undefined) limit = limit + 1 < slots() ? limit + 1 : undefined;
    if (before !== undefined && (limit === undefined || limit > before)) onRoom();
    if (limit !== undefined) timer = setTimeout(() => void look(known), lookEveryMs).unref();
  }

  return {
    limit: () => limit,
    look() {
      const known = metrics();
      // While there is a limit, it looks by itself.
      if (known === undefined || stopped || limit !== undefined || performance.now() - lookedAtMs < lookEveryMs) return;
      lookedAtMs = performance.now();
      void look(known);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** The sum over all labels: an engine with several parts has a queue for each. A sample that is not there, or no number, is 0. */
export function readGauge(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith(name)) continue;
    const [, labelled, value] = /^([\w:]+)(?:\{.*\})?[ \t]+(\S+)/.exec(line) ?? [];
    const number = Number(value);
    if (labelled === name && Number.isFinite(number)) sum += Math.max(0, number);
  }
  return sum;
}
