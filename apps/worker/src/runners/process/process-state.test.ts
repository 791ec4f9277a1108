import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideProcess,
  initialProcessState,
  type ProcessEffect,
  type ProcessEvent,
  type ProcessState,
  pauseFirstMs,
  pauseMaxMs,
  phaseLimitMs,
  silentMaxMs,
  stableAfterMs,
} from "./process-state.ts";

const startTimeoutMs = 5_000;

/** Lets events happen one after the other. @returns the state after them, and every effect. */
function run(...events: ProcessEvent[]): { state: ProcessState; effects: ProcessEffect[] } {
  let state = initialProcessState;
  const effects: ProcessEffect[] = [];
  for (const event of events) {
    const decision = decideProcess(state, event);
    state = decision.state;
    if (decision.effect !== undefined) effects.push(decision.effect);
  }
  return { state, effects };
}

const up = (nowMs: number): ProcessEvent[] => [
  { type: "start", nowMs },
  { type: "launched", nowMs },
  { type: "healthy", nowMs },
];
const again = (nowMs: number): ProcessEvent[] => [
  { type: "ended", nowMs },
  { type: "timeUp", nowMs, problem: "" },
  { type: "launched", nowMs },
];
const exit = (nowMs: number, problem = "exit code 1"): ProcessEvent => ({ type: "exited", nowMs, problem });

describe("the life of a server that the worker starts", () => {
  it("serves once it is healthy, and may take the time that it is given until then", () => {
    const { state, effects } = run({ type: "start", nowMs: 1 }, { type: "launched", nowMs: 2 });
    expect(state).toMatchObject({ phase: "starting", sinceMs: 2 });
    expect(phaseLimitMs(state, startTimeoutMs)).toBe(startTimeoutMs);
    expect(effects).toEqual(["launch"]);
    expect(run(...up(3)).state).toMatchObject({ phase: "serving", problem: undefined });
    expect(phaseLimitMs(run(...up(3)).state, startTimeoutMs)).toBeUndefined();
  });

  it("has everything ended before it is launched again", () => {
    const dead = run(...up(0), exit(10));
    expect(dead).toMatchObject({ state: { phase: "ending", problem: "exit code 1" }, effects: ["launch", "end"] });
    const pausing = run(...up(0), exit(10), { type: "ended", nowMs: 20 });
    expect(pausing).toMatchObject({ state: { phase: "pausing", problem: "exit code 1" }, effects: ["launch", "end"] });
    expect(run(...up(0), exit(10), ...again(30)).effects).toEqual(["launch", "end", "launch"]);
  });

  it("keeps what went wrong until it serves again", () => {
    const restarted = run(...up(0), exit(10), ...again(30));
    expect(restarted.state).toMatchObject({ phase: "starting", problem: "exit code 1" });
    expect(run(...up(0), exit(10), ...again(30), { type: "healthy", nowMs: 40 }).state.problem).toBeUndefined();
  });

  it("pauses longer after each failure in a row, and never longer than a minute", () => {
    const pauses = Array.from({ length: 12 }, (_, failures) => {
      const deaths = Array.from({ length: failures }, () => [exit(1), ...again(1)]).flat();
      const { state } = run(...up(0), ...deaths, exit(1), { type: "ended", nowMs: 1 });
      expect(state.failures).toBe(failures + 1);
      return phaseLimitMs(state, startTimeoutMs) ?? 0;
    });
    expect(pauses.slice(0, 3)).toEqual([pauseFirstMs, 2 * pauseFirstMs, 4 * pauseFirstMs]);
    expect(pauses.at(-1)).toBe(pauseMaxMs);
  });

  it("counts from the beginning again after it ran well for a while, silent moments included", () => {
    const failedOnce = [...up(0), exit(1), ...again(2), { type: "healthy", nowMs: 3 } as const];
    expect(run(...failedOnce, exit(3 + stableAfterMs - 1)).state.failures).toBe(2);
    expect(run(...failedOnce, exit(3 + stableAfterMs)).state.failures).toBe(1);
    const flickered = [{ type: "silent", nowMs: 50 } as const, { type: "healthy", nowMs: 60 } as const];
    expect(run(...failedOnce, ...flickered, exit(3 + stableAfterMs)).state.failures).toBe(1);
  });

  it("is restarted when it runs and does not answer for too long", () => {
    const silent = run(...up(0), { type: "silent", nowMs: 10 });
    expect(silent.state.phase).toBe("silent");
    expect(phaseLimitMs(silent.state, startTimeoutMs)).toBe(silentMaxMs);
    expect(run(...up(0), { type: "silent", nowMs: 10 }, { type: "healthy", nowMs: 20 }).state.phase).toBe("serving");
    const hung = run(...up(0), { type: "silent", nowMs: 10 }, { type: "timeUp", nowMs: 20, problem: "silent" });
    expect(hung).toMatchObject({ state: { phase: "ending", problem: "silent", failures: 1 } });
  });

  it("is tried again when it cannot even be launched", () => {
    const failed = run({ type: "start", nowMs: 0 }, { type: "launchFailed", nowMs: 1, problem: "no such program" });
    expect(failed).toMatchObject({ state: { phase: "pausing", problem: "no such program" }, effects: ["launch"] });
  });

  it("never has two processes, nor one that is left behind, whatever happens in whatever order", () => {
    const event: fc.Arbitrary<ProcessEvent> = fc.record({
      type: fc.constantFrom(
        "start",
        "launched",
        "launchFailed",
        "healthy",
        "silent",
        "exited",
        "timeUp",
        "ended",
        "stop",
      ),
      nowMs: fc.nat(),
      problem: fc.constant("problem"),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state = initialProcessState;
        let mayRun = false;
        for (const each of events) {
          const decision = decideProcess(state, each);
          if (decision.effect === "launch") {
            expect(mayRun).toBe(false);
            mayRun = true;
          }
          if (state.phase === "launching" && decision.state.phase === "pausing") mayRun = false;
          if (decision.effect === "end") expect(mayRun).toBe(true);
          if (each.type === "ended" && (state.phase === "ending" || state.phase === "stopping")) mayRun = false;
          state = decision.state;
          if (["idle", "pausing", "stopped"].includes(state.phase)) expect(mayRun).toBe(false);
          else expect(mayRun).toBe(true);
        }
        const stopped = decideProcess(state, { type: "stop", nowMs: 0 });
        const ended = decideProcess(stopped.state, { type: "ended", nowMs: 0 });
        expect(ended.state.phase).toBe("stopped");
        expect(decideProcess(ended.state, { type: "start", nowMs: 0 })).toEqual({
          state: ended.state,
          effect: undefined,
        });
      }),
    );
  });
});
