import { emptyUsage, type RunnerState, type ServedModel, TeraError, type Usage } from "@tera/protocol";
import { newServedModel } from "@tera/testkit/worker-state";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GenerationTask, Runner } from "../runner.ts";
import { createHealthTracker, type HealthTracker } from "./health-tracker.ts";

const model = newServedModel("m");
const request = (text = "x") => ({
  kind: "completion" as const,
  model: "m",
  prompts: [text],
  echo: false,
  n: 1,
  sampling: {},
});
const broken = new TeraError("runner_failed", "failed", { detail: "HTTP 500" });
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A runner whose engine the test plays. */
function playRunner() {
  let state: RunnerState = "starting";
  let answer: (task: GenerationTask) => Promise<Usage> = () => Promise.resolve(emptyUsage());
  let canaries = 0;
  let canaryModel: ServedModel | undefined = model;
  let late = false;
  const runner: Runner = {
    id: "r",
    status: () => ({ id: "r", kind: "http", engine: "test", state, models: [model], slots: 4, busy: 0 }),
    start: () => undefined,
    generate(task) {
      canaries++;
      return answer(task);
    },
    canaryModel: () => canaryModel,
    isLate: () => late,
    stop: () => Promise.resolve(),
  };
  return {
    runner,
    become(next: RunnerState) {
      state = next;
    },
    /** Until told otherwise every generation goes this way. */
    works() {
      answer = () => Promise.resolve(emptyUsage());
    },
    fails() {
      answer = () => Promise.reject(broken);
    },
    refuses(error: TeraError) {
      answer = () => Promise.reject(error);
    },
    hangs() {
      answer = ({ signal }) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(emptyUsage()), { once: true }));
    },
    isLate(now: boolean) {
      late = now;
    },
    withoutCanary() {
      canaryModel = undefined;
    },
    get canaries() {
      return canaries;
    },
  };
}

let engine: ReturnType<typeof playRunner>;
let health: HealthTracker;
let others: boolean;
let ticker: NodeJS.Timeout;

beforeEach(() => {
  vi.useFakeTimers();
  engine = playRunner();
  others = true;
  health = createHealthTracker({
    runner: engine.runner,
    othersReady: () => Promise.resolve(others),
    onChange: () => undefined,
    log: silent,
  });
  ticker = setInterval(() => health.tick(), 250);
});
afterEach(() => {
  clearInterval(ticker);
  health.stop();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function comeUp(): Promise<void> {
  engine.become("ready");
  health.runnerChanged();
  await pass(1);
}

describe("a runner's health", () => {
  it("takes no traffic before its engine has generated something", async () => {
    expect(health.state).toBe("starting");
    engine.hangs();
    await comeUp();
    await pass(60_000);
    expect(health.state).toBe("warming");
    expect(health.reason).toContain("first small generation");
  });

  it("is ready after the first small generation", async () => {
    await comeUp();
    expect(health.state).toBe("ready");
    expect(engine.canaries).toBe(1);
  });

  it("is ready at once where no canary may be run", async () => {
    engine.withoutCanary();
    await comeUp();
    expect(health.state).toBe("ready");
  });

  it("is ejected after three failures, and returns within seconds once the engine works again", async () => {
    await comeUp();
    engine.fails();
    for (let failure = 0; failure < 3; failure++) {
      expect(health.state).toBe("ready");
      health.watch(request(), () => undefined).ended({ type: "failed", error: broken });
    }
    expect(health.state).toBe("ejected");
    expect(health.reason).toContain("HTTP 500");
    await pass(30_000);
    expect(health.state).toBe("ejected");
    engine.works();
    for (let step = 0; step < 16 && health.state === "ejected"; step++) await pass(250);
    expect(health.state).toBe("trial");
    health.watch(request(), () => undefined).ended({ type: "succeeded" });
    expect(health.state).toBe("ready");
  });

  it("ends a trial without traffic by another canary", async () => {
    await comeUp();
    for (let failure = 0; failure < 3; failure++)
      health.watch(request(), () => undefined).ended({ type: "failed", error: broken });
    await pass(8_000);
    expect(health.state).toBe("ready");
  });

  it("finds a dead engine behind an open attempt within ten seconds, and abandons that attempt", async () => {
    await comeUp();
    engine.hangs();
    const abandoned = vi.fn();
    const watch = health.watch(request(), abandoned);
    await pass(10_000);
    expect(abandoned).toHaveBeenCalledOnce();
    expect(health.state).toBe("ejected");
    expect(health.reason).toContain("no answer to a small generation");
    watch.ended({ type: "neutral" });
  });

  it("does not suspect an engine while any of its streams moves", async () => {
    await comeUp();
    engine.hangs();
    health.watch(request(), () => undefined);
    const moving = health.watch(request(), () => undefined);
    for (let second = 0; second < 60; second++) {
      await pass(1_000);
      moving.alive();
    }
    expect(health.state).toBe("ready");
    expect(engine.canaries).toBe(1);
  });

  it("gives a long prompt the time that it takes to read", async () => {
    await comeUp();
    engine.hangs();
    const abandoned = vi.fn();
    health.watch(request("x".repeat(400_000)), abandoned);
    await pass(100_000);
    expect(abandoned).not.toHaveBeenCalled();
    await pass(120_000);
    expect(abandoned).toHaveBeenCalledOnce();
  });

  it("keeps the last replica, however slow, and its attempts", async () => {
    await comeUp();
    others = false;
    engine.hangs();
    const abandoned = vi.fn();
    health.watch(request(), abandoned).alive();
    for (let deadline = 0; deadline < 5; deadline++) health.watch(request(), abandoned).ended({ type: "tooSlow" });
    await pass(60_000);
    expect(health.state).toBe("ready");
    expect(abandoned).not.toHaveBeenCalled();
  });

  it.each([
    ["with", () => undefined],
    ["without", () => engine.withoutCanary()],
  ])("ejects an engine whose pages are late, %s a canary, unless it is the last replica", async (_with, prepare) => {
    prepare();
    await comeUp();
    others = false;
    engine.hangs();
    engine.isLate(true);
    await pass(60_000);
    expect(health.state).toBe("ready");
    others = true;
    await pass(10_000);
    expect(health.state).toBe("ejected");
    await pass(60_000);
    expect(health.state).toBe("ejected");
    engine.works();
    engine.isLate(false);
    await pass(4_000);
    expect(["trial", "ready"]).toContain(health.state);
  });

  it("leaves an engine in peace that works while its pages are late", async () => {
    await comeUp();
    engine.isLate(true);
    await pass(60_000);
    expect(health.state).toBe("ready");
    expect(engine.canaries).toBeLessThan(15);
  });

  it("ejects an engine that has no room for three requests in a row, unless it is the last replica", async () => {
    const full = new TeraError("runner_overloaded", "no room");
    const fill = async () => {
      for (let refused = 0; refused < 3; refused++) {
        health.watch(request(), () => undefined).ended({ type: "failed", error: full });
      }
      await pass(1);
    };
    await comeUp();
    others = false;
    engine.refuses(full);
    await fill();
    await pass(60_000);
    expect(health.state).toBe("ready");
    others = true;
    await fill();
    expect(health.state).toBe("ejected");
    others = false;
    await pass(4_000);
    expect(health.state).toBe("ready");
  });

  it("takes back a slow one that has become the last", async () => {
    await comeUp();
    engine.hangs();
    health.watch(request(), () => undefined);
    await pass(10_000);
    expect(health.state).toBe("ejected");
    others = false;
    await pass(10_000);
    expect(health.state).toBe("ready");
  });

  it("asks an idle engine now and then, so that a lying health page is found out", async () => {
    await comeUp();
    engine.fails();
    await pass(130_000);
    expect(health.state).toBe("ejected");
  });

  it("is warmed again when its engine was away", async () => {
    await comeUp();
    engine.become("unhealthy");
    health.runnerChanged();
    expect(health.state).toBe("unhealthy");
    await comeUp();
    expect(health.state).toBe("ready");
    expect(engine.canaries).toBe(2);
  });

  it("does not hold the client's faults against the runner", async () => {
    await comeUp();
    for (let refusal = 0; refusal < 10; refusal++) health.watch(request(), () => undefined).ended({ type: "neutral" });
    expect(health.state).toBe("ready");
  });
});
