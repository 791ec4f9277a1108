import { afterEach, expect, it, vi } from "vitest";
import { type Attachment, type DiscoveryTiming, startDiscovery } from "./discovery.ts";
import type { FoundEngine, PortFinding } from "./look-at-port.ts";

const port = 8_000;
const nothing: PortFinding = { kind: "nothing" };
const webServer: PortFinding = { kind: "other", what: "is a web server" };
const vllm: FoundEngine = {
  port,
  url: "http://127.0.0.1:8000",
  engine: "vllm",
  version: "0.14.0",
  models: [{ id: "org/m", isLoaded: true }],
};
const engine = (change: Partial<FoundEngine> = {}): PortFinding => ({ kind: "engine", ...vllm, ...change });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

/** A discovery whose port shows what `show` says last, and that runs as fast as it can. */
function startWatching(first: PortFinding, timing: Partial<DiscoveryTiming> = {}) {
  let shown = first;
  let looks = 0;
  const driven = new Set<number>();
  const lines: string[] = [];
  const attached: (FoundEngine & { detached: boolean })[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  let redisAway = false;
  let questions = 0;
  const discovery = startDiscovery({
    ports: [port],
    async look() {
      looks++;
      return shown;
    },
    async drivenPorts() {
      questions++;
      if (redisAway) throw new Error("Connection is closed.");
      return driven;
    },
    attach(found): Attachment {
      const entry = { ...found, detached: false };
      attached.push(entry);
      return {
        isReady: () => shown.kind === "engine" && shown.engine === found.engine,
        async detach() {
          entry.detached = true;
        },
      };
    },
    log: { info: note, warn: note, error: note },
    timing: { lookEveryMs: 1, engineAgainMs: 0, otherAgainMs: 0, detachAfterMs: 0, ...timing },
  });
  cleanups.push(() => discovery.stop());
  return {
    /** Without the first, which names the ports. */
    lines: () => lines.slice(1),
    setRedisAway: (away: boolean) => {
      redisAway = away;
    },
    attached,
    driven,
    looks: () => looks,
    show(next: PortFinding) {
      shown = next;
    },
    /** Resolves when it was asked three times more what is driven. */
    async askedAbout() {
      const before = questions;
      await vi.waitFor(() => expect(questions).toBeGreaterThan(before + 2));
    },
    /** Resolves when it was looked at twice more: the first of the two may have begun before now. */
    async lookedAt() {
      const before = looks;
      await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1));
    },
  };
}

it("attaches what is there at the start, and says so once", async () => {
  const watched = startWatching(engine());
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
  expect(watched.attached[0]).toMatchObject(vllm);
  expect(watched.lines()).toEqual(["found vLLM 0.14.0 on port 8000: attached"]);
  // A ready engine is its runner's business.
  expect(watched.looks()).toBe(1);
});

it("attaches an engine that appears later", async () => {
  const watched = startWatching(nothing);
  await watched.lookedAt();
  expect(watched.lines()).toEqual([]);
  watched.show(engine());
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
});

it("mentions something else once, and asks it again only after a while", async () => {
  const often = startWatching(webServer);
  await often.lookedAt();
  expect(often.lines()).toEqual(["port 8000 is a web server"]);
  const seldom = startWatching(webServer, { otherAgainMs: 3_600_000 });
  await often.lookedAt();
  expect(seldom.looks()).toBe(1);
  expect([...often.attached, ...seldom.attached]).toEqual([]);
});

it("waits for an engine's first model", async () => {
  const watched = startWatching(engine({ models: [] }));
  await watched.lookedAt();
  expect(watched.attached).toEqual([]);
  expect(watched.lines()).toEqual(["port 8000 is vLLM 0.14.0 without a model"]);
  watched.show(engine());
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
});

it("leaves alone what another runner drives, without a look at it, until that has gone", async () => {
  const watched = startWatching(nothing);
  watched.driven.add(port);
  watched.show(engine());
  await vi.waitFor(() => expect(watched.lines()).toEqual(["vLLM 0.14.0 on port 8000 has a runner already"]));
  const looks = watched.looks();
  await watched.askedAbout();
  expect(watched.looks()).toBe(looks);
  watched.driven.clear();
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
});

it("attaches nothing while nobody can say what other workers drive", async () => {
  const watched = startWatching(nothing);
  watched.setRedisAway(true);
  watched.show(engine());
  await watched.lookedAt();
  expect(watched.lines()).toEqual([expect.stringContaining("not attached while Redis")]);
  expect(watched.attached).toEqual([]);
  watched.setRedisAway(false);
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
});

it("never attaches a gateway of Tera", async () => {
  const watched = startWatching({ kind: "tera" });
  await watched.lookedAt();
  expect(watched.attached).toEqual([]);
});

it("keeps an engine that went away for a while, and the same runner when it is back", async () => {
  const watched = startWatching(engine(), { detachAfterMs: 3_600_000 });
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
  watched.show(nothing);
  await watched.lookedAt();
  expect(watched.attached).toMatchObject([{ detached: false }]);
  watched.show(engine());
  expect(watched.attached).toHaveLength(1);
});

it("detaches an engine that stays away, and attaches it anew when it is back", async () => {
  const watched = startWatching(engine());
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
  watched.show(nothing);
  await watched.lookedAt();
  await vi.waitFor(() => expect(watched.attached).toMatchObject([{ detached: true }]));
  watched.show(engine());
  await vi.waitFor(() => expect(watched.attached).toMatchObject([{ detached: true }, { detached: false }]));
});

it("never gives up an engine that is too busy to answer", async () => {
  const watched = startWatching(engine());
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
  watched.show({ kind: "silent" });
  await watched.lookedAt();
  expect(watched.attached).toMatchObject([{ detached: false }]);
});

it("replaces an engine by another one on its port at once", async () => {
  const watched = startWatching(engine(), { detachAfterMs: 3_600_000 });
  await vi.waitFor(() => expect(watched.attached).toHaveLength(1));
  watched.show(engine({ engine: "sglang" }));
  await vi.waitFor(() => expect(watched.attached).toHaveLength(2));
  expect(watched.attached).toMatchObject([
    { engine: "vllm", detached: true },
    { engine: "sglang", detached: false },
  ]);
});
