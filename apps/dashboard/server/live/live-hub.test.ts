import type { WorkerState } from "@tera/protocol";
import { expect, test, vi } from "vitest";
import { newToldFigures } from "../../testing/gateway-figures.ts";
import { createLiveHub } from "./live-hub.ts";

const silent = { warn: () => undefined };

function startHub() {
  const readNew = vi.fn(async () => ({ nowMs: Date.now(), told: [newToldFigures(Date.now())] }));
  const readWorkers = vi.fn(async (): Promise<WorkerState[]> => []);
  const readToday = vi.fn(async () => ({ charged: "1.5", requests: 3 }));
  const hub = createLiveHub({ figuresReader: { readNew }, readWorkers, readToday, log: silent });
  return { hub, readNew, readWorkers, readToday };
}

/** The names of the events that somebody was sent. */
function viewer() {
  const events: string[] = [];
  const send = (text: string) => events.push(...[...text.matchAll(/^event: (.*)$/gm)].map(([, name = ""]) => name));
  return { events, send };
}

test("however many watch, it reads once every two seconds, and not any more when nobody watches", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { hub, readNew, readToday } = startHub();
  const viewers = Array.from({ length: 20 }, viewer);
  const leave = viewers.map(({ send }) => hub.watch(send));
  for (const { events } of viewers) await vi.waitFor(() => expect(events).toEqual(["history", "snapshot"]));
  expect(readNew).toHaveBeenCalledTimes(1);
  // Who comes later is served from what is known.
  const late = viewer();
  const leaveLate = hub.watch(late.send);
  expect(late.events).toEqual(["history", "snapshot"]);
  expect(readNew).toHaveBeenCalledTimes(1);
  // A point of the last hour may come between, where its twenty seconds are over.
  const snapshotsOf = (events: readonly string[]) => events.filter((name) => name === "snapshot").length;
  for (const { events } of viewers) await vi.waitFor(() => expect(snapshotsOf(events)).toBe(2), { timeout: 10_000 });
  expect(readNew).toHaveBeenCalledTimes(2);
  // The clock has not moved: what was spent is not read again.
  expect(readToday).toHaveBeenCalledTimes(1);
  for (const end of [...leave, leaveLate]) end?.();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(readNew).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

test("Redis away is told, and what comes after it too", async () => {
  const { hub, readWorkers } = startHub();
  readWorkers.mockRejectedValueOnce(new Error("away"));
  const { events, send } = viewer();
  const leave = hub.watch(send);
  await vi.waitFor(() => expect(events).toEqual(["trouble", "history", "snapshot"]), { timeout: 10_000 });
  leave?.();
});

test("Postgres away leaves out what was spent, and nothing else", async () => {
  const { hub, readToday } = startHub();
  readToday.mockRejectedValueOnce(new Error("away"));
  expect(await hub.look()).toMatchObject({ gateways: 1, today: null });
});

test("only so many may watch", () => {
  const { hub } = startHub();
  const leave = Array.from({ length: 500 }, () => hub.watch(() => undefined));
  expect(hub.watch(() => undefined)).toBeUndefined();
  for (const end of leave) end?.();
  expect(hub.watch(() => undefined)).toBeDefined();
});
