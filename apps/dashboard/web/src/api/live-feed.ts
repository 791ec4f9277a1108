/**
 * One connection to the live figures for all parts of the page that show them: open while somebody subscribes and the page can be seen, opened again by
 * itself when it is lost.
 */
import type { z } from "zod";
import {
  type LivePoint,
  type LiveSnapshot,
  liveHistorySchema,
  livePointSchema,
  liveSnapshotSchema,
  liveTroubleSchema,
} from "../../../api/live.ts";

export interface LiveState {
  /**
   * | status     | meaning                                                     |
   * |------------|-------------------------------------------------------------|
   * | connecting | nothing came yet                                            |
   * | live       | the snapshot is a few seconds old at the most                |
   * | lost       | the dashboard does not answer; it is tried again            |
   */
  status: "connecting" | "live" | "lost";
  snapshot: LiveSnapshot | undefined;
  /** Of the last hour, oldest first. */
  history: readonly LivePoint[];
  /** Length of what each point is about, in seconds. */
  everyS: number;
  /** Why the snapshot stands still, though the dashboard answers. */
  trouble: string | undefined;
}

export interface LiveFeed {
  subscribe(onChange: () => void): () => void;
  read(): LiveState;
}

const pointsMax = 180;
/** Something comes every 2 s. */
const silenceMaxMs = 10_000;
const retryMinMs = 1_000;
const retryMaxMs = 15_000;
/** Going from one page to the next, or to another tab and back, keeps the connection. */
const lingerMs = 10_000;

const nothingYet: LiveState = {
  status: "connecting",
  snapshot: undefined,
  history: [],
  everyS: 20,
  trouble: undefined,
};

/** @param onLost called once for each loss: the session may be over. */
export function createLiveFeed({ url, onLost }: { url: string; onLost(): void }): LiveFeed {
  const listeners = new Set<() => void>();
  let state = nothingYet;
  let source: EventSource | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let retryMs = retryMinMs;

  function change(part: Partial<LiveState>): void {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  }

  function hear(): void {
    clearTimeout(silence);
    silence = setTimeout(lose, silenceMaxMs);
  }

  function listen<Schema extends z.ZodType>(name: string, schema: Schema, use: (data: z.infer<Schema>) => void): void {
    source?.addEventListener(name, ({ data }: MessageEvent<string>) => {
      hear();
      const parsed = schema.safeParse(parseJson(data));
      if (parsed.success) use(parsed.data);
      else change({ trouble: "The dashboard was updated. Reload this page." });
    });
  }

  function open(): void {
    clearTimeout(retry);
    if (source !== undefined) return;
    source = new EventSource(url);
    source.addEventListener("error", lose);
    hear();
    listen("history", liveHistorySchema, ({ points, everyS }) => change({ history: points, everyS }));
    listen("snapshot", liveSnapshotSchema, (snapshot) => {
      retryMs = retryMinMs;
      change({ snapshot, status: "live", trouble: undefined });
    });
    listen("point", livePointSchema, (point) => {
      const newest = state.history.at(-1)?.beginsAt ?? "";
      if (point.beginsAt > newest) change({ history: [...state.history, point].slice(-pointsMax) });
    });
    listen("trouble", liveTroubleSchema, ({ message }) => change({ status: "live", trouble: message }));
  }

  function close(): void {
    clearTimeout(silence);
    clearTimeout(retry);
    source?.close();
    source = undefined;
  }

  function lose(): void {
    close();
    retry = setTimeout(open, retryMs);
    retryMs = Math.min(2 * retryMs, retryMaxMs);
    if (state.status !== "lost") onLost();
    change({ status: "lost" });
  }

  /** Who comes back to a page sees what it showed last; whoever opens one anew begins with nothing. */
  function rest(): void {
    close();
    change(listeners.size === 0 ? nothingYet : { status: "connecting" });
  }

  function follow(): void {
    clearTimeout(linger);
    if (listeners.size > 0 && !document.hidden) open();
    else linger = setTimeout(rest, lingerMs);
  }
  document.addEventListener("visibilitychange", follow);

  return {
    subscribe(onChange) {
      listeners.add(onChange);
      follow();
      return () => {
        listeners.delete(onChange);
        follow();
      };
    },
    read: () => state,
  };
}

/** @returns undefined, which no schema takes, for what is no JSON: a proxy's own words, say */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
