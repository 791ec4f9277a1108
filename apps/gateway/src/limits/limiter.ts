/**
 * The limiter: holds a request against the limits of its key and account, in one round trip, and gives back what it did not use.
 *
 * A request that is refused counts nowhere, so `retry-after` stays true however often a client asks. One that is admitted counts as a request; its tokens are estimated
 * (`estimate-tokens.ts`) and corrected when it ends; its place in a concurrency limit is given up then. Places of this gateway are kept alive with one command per account every
 * `keepEveryMs`; when it dies, Redis frees them by itself.
 */
import type { Limit, Principal } from "@tera/access";
import { type GenerationRequest, TeraError, type UsageRecord } from "@tera/protocol";
import type { HeldPlace, LimitAnswer, LimitAsk, LimitStore, RedisLog } from "@tera/queue";
import { estimateTokens } from "./estimate-tokens.ts";
import type { LimitState, WindowState } from "./limit-state.ts";

/** Three tries before the places of this gateway count as abandoned (5 s). */
const keepEveryMs = 1_500;

export interface LimitHold {
  /** As it was when the request was admitted. */
  readonly state: LimitState;
  /** The request has ended; its tokens become those of the record. Nothing waits for Redis. */
  settle(record: UsageRecord): void;
  /** It was not served after all: it counts nowhere. */
  cancel(): void;
}

export interface Limiter {
  /**
   * Not to be called for a principal without limits.
   * @param onState told how far the key is, also when the request is refused.
   * @throws {TeraError} `rate_limit_exceeded` naming the limit, with the seconds after which the request will pass; `queue_unavailable` while Redis is away.
   */
  hold(principal: Principal, request: GenerationRequest, onState: (state: LimitState) => void): Promise<LimitHold>;
  /** How far the key is, without counting anything; nothing while Redis is away. */
  look(principal: Principal): Promise<LimitState>;
  stop(): void;
}

export interface LimiterOptions {
  store: LimitStore;
  /** False while Redis is away. */
  connected(): boolean;
  /** Told of each refusal, for figures. */
  onRefused(limit: Limit): void;
  log: RedisLog;
}

/** What this gateway holds of one account: by the name of the place, the subjects that it is held of. */
interface AccountPlaces {
  held: Map<string, readonly string[]>;
  /** Places that may still be taken in Redis, because it did not answer: they are given up until it says so. */
  lost: Map<string, readonly string[]>;
}

export function createLimiter({ store, connected, onRefused, log }: LimiterOptions): Limiter {
  const accounts = new Map<string, AccountPlaces>();

  function placesOf(accountId: string): AccountPlaces {
    const known = accounts.get(accountId);
    if (known !== undefined) return known;
    const places: AccountPlaces = { held: new Map(), lost: new Map() };
    accounts.set(accountId, places);
    return places;
  }

  function lose(accountId: string, place: string, subjects: readonly string[]): void {
    if (subjects.length > 0) placesOf(accountId).lost.set(place, subjects);
  }

  /** Gives back; when Redis is away, the windows are left to forget by themselves. */
  function end(accountId: string, taken: Taken, changeOf: (ask: LimitAsk) => number): void {
    const changes = taken.asks.map((ask) => ({ subject: ask.subject, kind: ask.kind, change: changeOf(ask) }));
    accounts.get(accountId)?.held.delete(taken.place);
    const useful = changes.filter(({ kind, change }) => kind === "concurrency" || change !== 0);
    if (useful.length === 0) return;
    store.settle({ accountId, place: taken.place, takenAtMs: taken.takenAtMs, changes: useful }).catch(() => {
      lose(accountId, taken.place, taken.subjects);
    });
  }

  async function keep(accountId: string, { held, lost }: AccountPlaces): Promise<void> {
    if (lost.size > 0) {
      const given = [...lost];
      await store.giveUpPlaces(accountId, toPlaces(given));
      for (const [place] of given) lost.delete(place);
    }
    if (held.size === 0) {
      if (lost.size === 0) accounts.delete(accountId);
      return;
    }
    if (await store.keepPlaces(accountId)) return;
    // Some may have been given up while Redis was asked; those that are left are put back before anything else is sent.
    const missing = toPlaces(held);
    if (missing.length > 0) await store.putBackPlaces(accountId, missing);
  }

  let keeping = false;
  const timer = setInterval(async () => {
    if (keeping) return;
    keeping = true;
    try {
      await Promise.all([...accounts].map(([accountId, places]) => keep(accountId, places)));
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, "places could not be kept");
    }
    keeping = false;
  }, keepEveryMs);

  async function ask(accountId: string, place: string, asks: readonly LimitAsk[], subjects: readonly string[]) {
    try {
      return await store.take(accountId, place, asks);
    } catch (error) {
      // It may have been counted all the same.
      lose(accountId, place, subjects);
      throw new TeraError("queue_unavailable", "The service cannot take requests right now. Try again shortly.", {
        detail: error instanceof Error ? error.message : String(error),
        retryAfterS: 2,
      });
    }
  }

  /** Names the limit that is waited for longest: after that all let the request pass. */
  function refuse(limits: readonly Limit[], asks: readonly LimitAsk[], answers: readonly LimitAnswer[]): TeraError {
    let [at, longestMs] = [0, -1];
    for (const [index, { waitMs = Number.POSITIVE_INFINITY }] of answers.entries()) {
      if (waitMs > longestMs) [at, longestMs] = [index, waitMs];
    }
    const [limit, asked, answer] = [limits[at], asks[at], answers[at]];
    if (limit === undefined || asked === undefined || answer === undefined) throw new Error("no limit refused");
    onRefused(limit);
    return toError(limit, asked, answer);
  }

  return {
    async hold(principal, request, onState) {
      const { accountId, limits } = principal;
      const tokens = tokensOf(limits, request);
      const asks = toAsks(principal, (kind) => (kind === "tokens" ? tokens : 1));
      const subjects = asks.filter(({ kind }) => kind === "concurrency").map(({ subject }) => subject);
      const place = store.newPlace();
      const { admitted, takenAtMs, answers } = await ask(accountId, place, asks, subjects);
      const state = toState(limits, answers);
      onState(state);
      if (!admitted) throw refuse(limits, asks, answers);
      const taken: Taken = { place, takenAtMs, asks, subjects };
      if (subjects.length > 0) placesOf(accountId).held.set(place, subjects);
      return {
        state,
        settle({ usage }) {
          const used = usage.promptTokens + usage.completionTokens;
          end(accountId, taken, ({ kind, cost }) => (kind === "tokens" ? used - cost : 0));
        },
        cancel: () => end(accountId, taken, ({ kind, cost }) => (kind === "concurrency" ? 0 : -cost)),
      };
    },
    async look(principal) {
      if (!connected()) return {};
      const asks = toAsks(principal, () => 0);
      const take = await store.take(principal.accountId, store.newPlace(), asks).catch(() => undefined);
      return take === undefined ? {} : toState(principal.limits, take.answers);
    },
    stop: () => clearInterval(timer),
  };
}

interface Taken {
  place: string;
  takenAtMs: number;
  asks: readonly LimitAsk[];
  /** That a place is held of. */
  subjects: readonly string[];
}

function toPlaces(places: Iterable<readonly [string, readonly string[]]>): HeldPlace[] {
  return [...places].flatMap(([place, subjects]) => subjects.map((subject) => ({ subject, place })));
}

function tokensOf(limits: readonly Limit[], request: GenerationRequest): number {
  const maxima = limits.filter(({ kind }) => kind === "tokens").map(({ max }) => max);
  return maxima.length === 0 ? 0 : estimateTokens(request, Math.min(...maxima));
}

/** The keys of a rotation count together. */
function toAsks({ limits, firstKeyId }: Principal, costOf: (kind: Limit["kind"]) => number): LimitAsk[] {
  return limits.map(({ of, kind, max }) => ({
    subject: of === "account" ? "account" : firstKeyId,
    kind,
    max,
    cost: costOf(kind),
  }));
}

function toState(limits: readonly Limit[], answers: readonly LimitAnswer[]): LimitState {
  const state: LimitState = {};
  for (const [index, { kind, max }] of limits.entries()) {
    const answer = answers[index];
    if (kind === "concurrency" || answer === undefined) continue;
    const window: WindowState = {
      limit: max,
      remaining: Math.max(0, max - answer.used),
      resetMs: answer.emptyInMs,
    };
    const nearest = state[kind];
    if (nearest === undefined || window.remaining < nearest.remaining) state[kind] = window;
  }
  return state;
}

function toError(limit: Limit, ask: LimitAsk, answer: LimitAnswer): TeraError {
  const who = limit.of === "key" ? "this API key" : "the account";
  if (answer.waitMs === undefined) {
    const what = `This request can take ${ask.cost} tokens (its prompt and max_tokens), and ${who} may use ${limit.max} per minute.`;
    return new TeraError("rate_limit_exceeded", `${what} Shorten the prompt or lower max_tokens.`, {
      param: "max_tokens",
    });
  }
  const retryAfterS = Math.ceil(answer.waitMs / 1_000);
  const again = `Try again in ${retryAfterS} s.`;
  return new TeraError("rate_limit_exceeded", `${describe(limit, ask, answer, who)} ${again}`, { retryAfterS });
}

function describe({ kind, max }: Limit, { cost }: LimitAsk, { used }: LimitAnswer, who: string): string {
  switch (kind) {
    case "requests":
      return `Rate limit reached: ${who} may make ${max} requests per minute.`;
    case "tokens":
      return `Rate limit reached: ${who} may use ${max} tokens per minute, ${used} are used, and this request can take ${cost}.`;
    case "concurrency":
      return `Rate limit reached: ${who} may have ${max} requests open at once.`;
  }
}
