/**
 * Limits in Redis: windows of requests and tokens, and places of open requests, exact over all gateways because one script asks and counts in one step.
 *
 * Why seconds in a window, and neither GCRA nor two buckets: GCRA lets up to twice the limit through in the minute after a pause (its burst, and what flows back meanwhile);
 * two buckets guess that the last minute's requests came evenly, and are wrong by up to the whole limit when they did not. Sums per second are never over the limit in any
 * 60 seconds, know when the next request will pass, and cost one second of coarseness: a limit is full for 60 to 61 seconds.
 *
 * Keys are one hash tag per account, because one script asks the limits of the key and of its account. Who holds places, is said in `take-limits.lua`.
 */
import { randomBase62 } from "@tera/protocol";
import { z } from "zod";
import type { Redis } from "./connection.ts";
import { keys } from "./keys.ts";
import { loadScript } from "./script.ts";

/** A gateway that has not refreshed its places for so long is dead, and they are free. */
export const placesAliveMs = 5_000;
/** Longer than any request may take. */
const placeHeldMs = 25 * 3_600_000;

const takeScript = loadScript("limit-window.lua", "take-limits.lua");
const settleScript = loadScript("limit-window.lua", "settle-limits.lua");
const keepScript = loadScript("limit-window.lua", "keep-places.lua");

export type LimitKind = "requests" | "tokens" | "concurrency";

/** One limit of one request. */
export interface LimitAsk {
  /** Whose limit: `account`, or a key's id. */
  subject: string;
  kind: LimitKind;
  /** Per minute; of concurrency: at once. */
  max: number;
  /** What the request takes of it; 0 only looks. */
  cost: number;
}

/** Of one limit, after the request was counted or refused. */
export interface LimitAnswer {
  used: number;
  /** Until nothing of it is used; 0 for concurrency. */
  emptyInMs: number;
  /** Until the request would pass: 0 it does, undefined never. For concurrency a guess. */
  waitMs: number | undefined;
}

export interface LimitTake {
  admitted: boolean;
  /** By Redis' clock, epoch milliseconds. */
  takenAtMs: number;
  /** In the order of the asks. */
  answers: LimitAnswer[];
}

/** What a request holds, to be settled. */
export interface TakenLimits {
  accountId: string;
  place: string;
  takenAtMs: number;
  /** By how much each limit is corrected. Places are given up whatever stands here. */
  changes: readonly { subject: string; kind: LimitKind; change: number }[];
}

/** One place of a request in the concurrency of one subject. */
export interface HeldPlace {
  subject: string;
  place: string;
}

export interface LimitStore {
  /** A name for the next request's places. */
  newPlace(): string;
  /** One round trip. Counts all asks, or none if one refuses. */
  take(accountId: string, place: string, asks: readonly LimitAsk[]): Promise<LimitTake>;
  settle(taken: TakenLimits): Promise<void>;
  /** To be called for each account that places are held of, well within `placesAliveMs`. @returns false: the places may be gone, put them back. */
  keepPlaces(accountId: string): Promise<boolean>;
  putBackPlaces(accountId: string, places: readonly HeldPlace[]): Promise<void>;
  giveUpPlaces(accountId: string, places: readonly HeldPlace[]): Promise<void>;
}

export interface LimitStoreOptions {
  redis: Redis;
  /** Epoch milliseconds, for tests; Redis' own clock when absent. */
  now?: () => number;
}

export function createLimitStore({ redis, now }: LimitStoreOptions): LimitStore {
  // A name of this process' own: a gateway that comes back under its old id does not keep its former places alive.
  const owner = randomBase62(10);
  let places = 0;
  const clock = () => (now === undefined ? "" : now());

  return {
    newPlace: () => `${owner}:${(places++).toString(36)}`,
    async take(accountId, place, asks) {
      const reply = await takeScript.run(
        redis,
        [keys.limitOwners(accountId), ...asks.map(({ subject, kind }) => keys.limit(accountId, subject, kind))],
        [
          ...[clock(), owner, place, placesAliveMs, placeHeldMs],
          ...asks.flatMap(({ kind, max, cost }) => [shapeOf(kind), max, cost]),
        ],
      );
      const [admitted, takenAtMs = 0, ...figures] = z.array(z.number()).parse(reply);
      const answers = asks.map((_, index) => {
        const [used = 0, emptyInMs = 0, waitMs = 0] = figures.slice(index * 3, index * 3 + 3);
        return { used, emptyInMs, waitMs: waitMs < 0 ? undefined : waitMs };
      });
      return { admitted: admitted === 1, takenAtMs, answers };
    },
    async settle({ accountId, place, takenAtMs, changes }) {
      await settleScript.run(
        redis,
        changes.map(({ subject, kind }) => keys.limit(accountId, subject, kind)),
        [clock(), takenAtMs, place, ...changes.flatMap(({ kind, change }) => [shapeOf(kind), change])],
      );
    },
    async keepPlaces(accountId) {
      const reply = await keepScript.run(
        redis,
        [keys.limitOwners(accountId)],
        [clock(), owner, placesAliveMs, placeHeldMs],
      );
      return reply === 1;
    },
    async putBackPlaces(accountId, held) {
      await Promise.all(
        [...bySubject(held)].map(async ([subject, names]) => {
          const key = keys.limit(accountId, subject, "concurrency");
          await Promise.all([redis.zadd(key, ...names.flatMap((name) => [0, name])), redis.pexpire(key, placeHeldMs)]);
        }),
      );
    },
    async giveUpPlaces(accountId, held) {
      await Promise.all(
        [...bySubject(held)].map(([subject, names]) =>
          redis.zrem(keys.limit(accountId, subject, "concurrency"), ...names),
        ),
      );
    },
  };
}

function shapeOf(kind: LimitKind): "window" | "places" {
  return kind === "concurrency" ? "places" : "window";
}

function bySubject(held: readonly HeldPlace[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const { subject, place } of held) {
    const names = grouped.get(subject);
    if (names === undefined) grouped.set(subject, [place]);
    else names.push(place);
  }
  return grouped;
}
