/**
 * The last hour of all gateways together, out of what each of them tells: points of 20 s, and the last seconds for what is now.
 *
 * Only differences between two entries of one process count, and only if they are close to each other: what was counted while nobody could be told
 * is left out, rather than shown as a peak that never was.
 */
import { figuresKeptMs, type ToldFigures } from "@tera/queue";
import type { LiveFigures, LivePoint } from "../../api/live.ts";
import { addTally, emptyTally, quantileMs, type Tally, tallyBetween } from "./tally.ts";

export const pointMs = 20_000;
const pointsMax = figuresKeptMs / pointMs;
const rateWindowMs = 10_000;
const timesWindowMs = 60_000;

interface Gauges {
  open: number;
  waiting: number;
}

interface Slot {
  tally: Tally;
  /** The last of each gateway. */
  gauges: Map<string, Gauges>;
}

export interface FigureHistory {
  add(told: readonly ToldFigures[]): void;
  /** Of the last seconds before `nowMs`, by Redis' clock. */
  now(nowMs: number): { figures: LiveFigures; gateways: number };
  /** Points that are complete at `nowMs`, oldest first. @param afterMs only those that begin later */
  points(nowMs: number, afterMs?: number): LivePoint[];
}

export function createFigureHistory(): FigureHistory {
  const slots = new Map<number, Slot>();
  let recent: { atMs: number; tally: Tally }[] = [];
  let latest = new Map<string, ToldFigures>();

  function addOne(told: ToldFigures): void {
    const { gatewayId, atMs, figures } = told;
    const before = latest.get(gatewayId);
    latest.set(gatewayId, told);
    const beginMs = Math.floor(atMs / pointMs) * pointMs;
    let slot = slots.get(beginMs);
    if (slot === undefined) {
      slot = { tally: emptyTally(), gauges: new Map() };
      slots.set(beginMs, slot);
    }
    slot.gauges.set(gatewayId, { open: figures.open, waiting: figures.waiting });
    if (before === undefined || atMs - before.atMs > pointMs) return;
    const isSameProcess = before.figures.startedAtMs === figures.startedAtMs;
    const tally = tallyBetween(isSameProcess ? before.figures : undefined, figures);
    addTally(slot.tally, tally);
    recent.push({ atMs, tally });
  }

  return {
    add(told) {
      for (const one of told) addOne(one);
      const newestMs = Math.max(0, ...[...latest.values()].map(({ atMs }) => atMs));
      recent = recent.filter(({ atMs }) => atMs > newestMs - timesWindowMs);
      latest = new Map([...latest].filter(([, { atMs }]) => atMs > newestMs - figuresKeptMs));
      for (const beginMs of slots.keys()) if (beginMs + pointMs < newestMs - figuresKeptMs) slots.delete(beginMs);
    },
    now(nowMs) {
      const lastMinute = emptyTally();
      const lastSeconds = emptyTally();
      for (const { atMs, tally } of recent) {
        if (atMs > nowMs - timesWindowMs) addTally(lastMinute, tally);
        if (atMs > nowMs - rateWindowMs) addTally(lastSeconds, tally);
      }
      const alive = [...latest.values()].filter(({ atMs }) => atMs > nowMs - rateWindowMs);
      const { ttft, queueWait } = lastMinute;
      const gauges = alive.map(({ figures }) => figures);
      return {
        figures: toFigures({ ...lastSeconds, ttft, queueWait }, rateWindowMs / 1_000, gauges),
        gateways: alive.length,
      };
    },
    points(nowMs, afterMs = 0) {
      return [...slots]
        .filter(([beginMs]) => beginMs > afterMs && beginMs + pointMs <= nowMs)
        .toSorted(([one], [other]) => one - other)
        .slice(-pointsMax)
        .map(([beginMs, { tally, gauges }]) => ({
          beginsAt: new Date(beginMs).toISOString(),
          ...toFigures(tally, pointMs / 1_000, [...gauges.values()]),
        }));
    },
  };
}

function toFigures(tally: Tally, seconds: number, gauges: readonly Gauges[]): LiveFigures {
  const perS = (count: number) => round(count / seconds);
  const quantile = (histogram: readonly number[], share: number) => {
    const ms = quantileMs(histogram, share);
    return ms === null ? null : round(ms);
  };
  return {
    succeededPerS: perS(tally.succeeded),
    failedPerS: perS(tally.failed),
    cancelledPerS: perS(tally.cancelled),
    limitedPerS: perS(tally.limited),
    refusedPerS: perS(tally.refused),
    unservedPerS: perS(tally.unserved),
    promptTokensPerS: perS(tally.promptTokens),
    completionTokensPerS: perS(tally.completionTokens),
    ttftP50Ms: quantile(tally.ttft, 0.5),
    ttftP95Ms: quantile(tally.ttft, 0.95),
    queueWaitP50Ms: quantile(tally.queueWait, 0.5),
    queueWaitP95Ms: quantile(tally.queueWait, 0.95),
    open: gauges.reduce((sum, { open }) => sum + open, 0),
    waiting: gauges.reduce((sum, { waiting }) => sum + waiting, 0),
  };
}

/** To what can be seen. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
