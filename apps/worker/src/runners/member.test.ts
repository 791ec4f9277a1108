import { emptyUsage, type RunnerState, type RunnerStatus } from "@tera/protocol";
import { newServedModel } from "@tera/testkit/worker-state";
import { expect, test } from "vitest";
import { createMember, type Member } from "./member.ts";
import type { Runner } from "./runner.ts";

const model = newServedModel("m");
const request = { kind: "completion" as const, model: "m", prompts: ["x"], echo: false, n: 1, sampling: {} };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A member whose engines the test plays: each start gives a new one, ready at once, that stops when the test lets it. */
async function play({ kind = "process" }: { kind?: RunnerStatus["kind"] } = {}) {
  const engines: { state: RunnerState; lines: string[]; stops: number; letStop(): void }[] = [];
  const changes: RunnerState[] = [];
  function create(): Runner {
    const stopping = Promise.withResolvers<void>();
    const engine = { state: "starting" as RunnerState, lines: [] as string[], stops: 0, letStop: stopping.resolve };
    engines.push(engine);
    return {
      id: "r",
      status: () => ({ id: "r", kind, engine: "e", state: engine.state, models: [model], slots: 2, busy: 0 }),
      start() {
        engine.state = "ready";
      },
      generate: async () => emptyUsage(),
      canaryModel: () => undefined,
      logLines: () => engine.lines,
      stop() {
        engine.stops++;
        engine.state = "stopped";
        return stopping.promise;
      },
    };
  }
  const member: Member = createMember({
    create,
    othersReady: async () => false,
    onChange: () => changes.push(member.status().state),
    onSlotFreed: () => undefined,
    log: silent,
  });
  member.start();
  expect(member.status().state).toBe("ready");
  const engine = (at: number) => engines[at] ?? expect.fail(`engine ${at} was never started`);
  return { member, engines, engine, changes };
}

/** What was begun by a promise that is settled now. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a drained runner takes nothing, finishes what it runs, says why, and is back when it is resumed", async () => {
  const { member, engine, changes } = await play();
  const slot = member.takeSlot(request);
  expect(member.act("drain")).toEqual({ version: 1, outcome: "accepted" });
  expect(member.free("m")).toBe(0);
  expect(member.status()).toMatchObject({
    state: "drained",
    busy: 1,
    reason: expect.stringMatching(/operator.*resume/),
  });
  slot.ended({ type: "succeeded" });
  expect(member.status()).toMatchObject({ state: "drained", busy: 0 });
  expect(engine(0).stops).toBe(0);
  member.act("resume");
  expect(member.free("m")).toBe(2);
  expect(changes.slice(-2)).toEqual(["drained", "ready"]);
});

test("a drained runner says what its engine would be else", async () => {
  const { member, engine } = await play();
  member.act("drain");
  engine(0).state = "unhealthy";
  member.runnerChanged();
  expect(member.status()).toMatchObject({ state: "drained", reason: expect.stringContaining("unhealthy") });
  member.act("resume");
  expect(member.status().state).toBe("unhealthy");
});

test("a restart starts the engine only when the old one is gone, once, and keeps what that one wrote", async () => {
  const { member, engines, engine } = await play();
  engine(0).lines.push("old");
  member.act("restart");
  expect(member.act("restart")).toMatchObject({ outcome: "accepted" });
  await settled();
  expect(member.status()).toMatchObject({ state: "starting", reason: expect.stringContaining("restarted") });
  expect(engines).toHaveLength(1);
  engine(0).letStop();
  await settled();
  expect(engines).toHaveLength(2);
  expect(member.status()).toMatchObject({ state: "ready", reason: undefined });
  engine(1).lines.push("new");
  expect(member.logLines()).toEqual(["old", "new"]);
});

test("what the old engine ran ends there, and takes no slot of the new one", async () => {
  const { member, engine } = await play();
  const slot = member.takeSlot(request);
  member.act("restart");
  engine(0).letStop();
  await settled();
  expect(member.status()).toMatchObject({ state: "ready", busy: 0 });
  slot.ended({ type: "failed", error: new Error("gone") });
  expect(member.status()).toMatchObject({ state: "ready", busy: 0 });
});

test("a drained runner is still drained after a restart", async () => {
  const { member, engine } = await play();
  member.act("drain");
  member.act("restart");
  engine(0).letStop();
  await settled();
  expect(member.status().state).toBe("drained");
});

test("an unloaded runner has no engine until it is loaded, and does nothing else meanwhile", async () => {
  const { member, engines, engine } = await play();
  member.act("unload");
  expect(member.status()).toMatchObject({ state: "unloaded", reason: expect.stringContaining("being stopped") });
  engine(0).letStop();
  await settled();
  expect(member.status()).toMatchObject({ state: "unloaded", reason: expect.stringMatching(/is stopped; load/) });
  for (const action of ["drain", "resume", "restart"] as const) {
    expect(member.act(action)).toMatchObject({ outcome: "refused", why: expect.stringContaining("load it first") });
  }
  expect(member.act("unload")).toMatchObject({ outcome: "accepted" });
  expect(engines).toHaveLength(1);
  member.act("load");
  await settled();
  expect(engines).toHaveLength(2);
  expect(member.status().state).toBe("ready");
  member.act("load");
  await settled();
  expect(engines).toHaveLength(2);
});

test("the last word counts while the engine is being stopped", async () => {
  const { member, engines, engine } = await play();
  member.act("unload");
  member.act("load");
  expect(member.status().state).toBe("starting");
  engine(0).letStop();
  await settled();
  expect(engines).toHaveLength(2);
  member.act("restart");
  member.act("unload");
  engine(1).letStop();
  await settled();
  expect(engines).toHaveLength(2);
  expect(member.status().state).toBe("unloaded");
});

test("an engine that the worker did not start is not stopped by it", async () => {
  const { member, engine } = await play({ kind: "http" });
  for (const action of ["unload", "load"] as const) {
    expect(member.act(action)).toMatchObject({ outcome: "refused", why: expect.stringContaining("kind http") });
  }
  expect(engine(0).stops).toBe(0);
});

test("a member that is stopped during a restart starts nothing more", async () => {
  const { member, engines, engine } = await play();
  member.act("restart");
  const stopped = member.stop();
  engine(0).letStop();
  await stopped;
  expect(engines).toHaveLength(1);
});
