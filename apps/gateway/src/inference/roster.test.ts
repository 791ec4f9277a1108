import type { RunnerStatus, ServedModel, WorkerState } from "@tera/protocol";
import { newRunnerStatus, newServedModel, newWorkerState } from "@tera/testkit/worker-state";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRoster } from "./roster.ts";

const model = (contextLength: number) => newServedModel("org/m", { contextLength });

const runner = (id: string, state: RunnerStatus["state"], served: ServedModel) =>
  newRunnerStatus(id, { state, models: [served] });

const worker = (runners: RunnerStatus[], change?: Partial<WorkerState>) => newWorkerState("w1", runners, change);

async function open(states: WorkerState[]) {
  const read = { states: states as WorkerState[] | "away", nowMs: 0 };
  const roster = await startRoster({
    now: () => read.nowMs,
    async readWorkerStates() {
      if (read.states === "away") throw new Error("Redis is away");
      return read.states;
    },
  });
  onTestFinished(() => roster.stop());
  return { roster, read };
}

test("the replicas of a model are its ready runners; one that starts or leaves says nothing of it", async () => {
  const { roster } = await open([
    worker([
      runner("a", "ready", model(1)),
      runner("b", "starting", model(2)),
      runner("c", "unhealthy", model(3)),
      runner("d", "ready", model(4)),
    ]),
    worker([runner("e", "ready", model(5))], { workerId: "w2", draining: true }),
  ]);
  expect(roster.find("org/m")?.replicas.map(({ contextLength }) => contextLength)).toEqual([1, 4]);
});

test("what the last replicas said stays known when none is ready, and goes when one is again", async () => {
  const { roster, read } = await open([worker([runner("a", "ready", model(1))])]);
  for (const states of [[worker([runner("a", "unhealthy", model(1))])], []]) {
    read.states = states;
    await roster.refresh();
    expect(roster.find("org/m")).toMatchObject({ readySlots: 0, replicas: [{ contextLength: 1 }] });
    expect([...roster.modelIds()]).toEqual(["org/m"]);
  }
  read.states = [worker([runner("b", "ready", model(2))])];
  await roster.refresh();
  expect(roster.find("org/m")).toMatchObject({ readySlots: 4, replicas: [{ contextLength: 2 }] });
});

test("a model that never had a ready replica is known, and nothing is said of it", async () => {
  const { roster } = await open([worker([runner("a", "starting", model(1))])]);
  expect(roster.find("org/m")).toEqual({ readySlots: 0, replicas: [] });
});

describe("time in which workers were read, and only that,", () => {
  async function openReady() {
    const { roster, read } = await open([worker([runner("a", "ready", model(1))])]);
    async function pass(seconds: number, states: WorkerState[]) {
      read.states = states;
      for (let second = 0; second < seconds; second++) {
        read.nowMs += 1_000;
        await roster.refresh();
      }
    }
    async function passWithoutRedis(seconds: number) {
      read.states = "away";
      read.nowMs += seconds * 1_000;
      await roster.refresh();
    }
    return { roster, read, pass, passWithoutRedis };
  }

  test("makes a model away after ten seconds without a replica that takes requests", async () => {
    const { roster, pass, passWithoutRedis } = await openReady();
    const ejected = [worker([runner("a", "ejected", model(1))])];
    await pass(9, ejected);
    await passWithoutRedis(60);
    await pass(1, ejected);
    expect(roster.isAway("org/m")).toBe(false);
    await pass(2, ejected);
    expect(roster.isAway("org/m")).toBe(true);
    await pass(1, [worker([runner("a", "trial", model(1))])]);
    expect(roster.isAway("org/m")).toBe(false);
    expect(roster.isAway("org/other")).toBe(true);
  });

  test("makes a worker lost: not a pause of this process, and not Redis being away", async () => {
    const { roster, read, pass, passWithoutRedis } = await openReady();
    read.nowMs += 6_000;
    expect(roster.isLost("w1")).toBe(false);
    expect(roster.empty).toBe(false);
    await pass(1, []);
    expect(roster.isLost("w1")).toBe(false);
    await passWithoutRedis(60);
    expect(roster.isLost("w1")).toBe(false);
    await pass(3, []);
    expect(roster.isLost("w1")).toBe(true);
    await passWithoutRedis(60);
    expect(roster.isLost("w1")).toBe(true);
  });

  test("makes a model forgotten after ten minutes in which nobody named it", async () => {
    const { roster, pass, passWithoutRedis } = await openReady();
    await pass(300, []);
    await passWithoutRedis(900);
    await pass(299, []);
    expect(roster.find("org/m")).toBeDefined();
    await pass(3, []);
    expect(roster.find("org/m")).toBeUndefined();
    expect([...roster.modelIds()]).toEqual([]);
  });
});
