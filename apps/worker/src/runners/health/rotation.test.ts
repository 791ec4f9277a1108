import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRotation, initialRotation, type RotationEvent, type RotationState } from "./rotation.ts";

const failed: RotationEvent = { type: "failed", why: "HTTP 500" };
const succeeded: RotationEvent = { type: "succeeded" };
const passed: RotationEvent = { type: "canaryPassed" };
const tooSlow = (alone: boolean): RotationEvent => ({ type: "tooSlow", why: "slow", alone });
const timedOut = (alone: boolean): RotationEvent => ({ type: "canaryTooSlow", why: "slow", alone });

function run(...events: RotationEvent[]): RotationState {
  return events.reduce((state, event) => decideRotation(state, event, 1_000), initialRotation);
}
const inRotation: RotationEvent[] = [{ type: "up" }, passed];

describe("rotation", () => {
  it("takes a runner in only after its first small generation", () => {
    expect(run({ type: "up" }).phase).toBe("warming");
    expect(run(...inRotation).phase).toBe("in");
  });

  it("tries the first generation again when it failed, and says why", () => {
    const state = run({ type: "up" }, { type: "canaryFailed", why: "HTTP 500" });
    expect(state).toMatchObject({ phase: "warming", retryAtMs: 2_000 });
    expect(state.reason).toContain("HTTP 500");
  });

  it("ejects after three failures in a row, not before", () => {
    expect(run(...inRotation, failed, failed).phase).toBe("in");
    expect(run(...inRotation, failed, failed, succeeded, failed, failed).phase).toBe("in");
    const state = run(...inRotation, failed, failed, failed);
    expect(state).toMatchObject({ phase: "ejected", slow: false });
    expect(state.reason).toContain("3 failures in a row, the last: HTTP 500");
  });

  it("ejects an engine that fails every other time", () => {
    const flapping = Array.from({ length: 10 }, () => [succeeded, failed]).flat();
    expect(run(...inRotation, ...flapping).phase).toBe("ejected");
  });

  it("brings it back through a canary, then one success", () => {
    const ejected = [...inRotation, failed, failed, failed];
    expect(run(...ejected, succeeded).phase).toBe("ejected");
    expect(run(...ejected, passed).phase).toBe("trial");
    expect(run(...ejected, passed, succeeded).phase).toBe("in");
    expect(run(...ejected, passed, failed)).toMatchObject({ phase: "ejected", ejections: 2, retryAtMs: 3_000 });
  });

  it("pauses three seconds at the most", () => {
    const trials = Array.from({ length: 20 }, () => [passed, failed]).flat();
    expect(run(...inRotation, failed, failed, failed, ...trials).retryAtMs).toBe(4_000);
  });

  it("never ejects the last replica for slowness alone", () => {
    expect(run(...inRotation, tooSlow(true), tooSlow(true), tooSlow(true), timedOut(true)).phase).toBe("in");
    expect(run(...inRotation, tooSlow(false), tooSlow(false), tooSlow(false))).toMatchObject({
      phase: "ejected",
      slow: true,
    });
    expect(run(...inRotation, timedOut(false)).phase).toBe("ejected");
  });

  it("takes a slow one back when it has become the last, but not one that fails", () => {
    expect(run(...inRotation, timedOut(false), { type: "foundAlone" }).phase).toBe("in");
    expect(run(...inRotation, failed, failed, tooSlow(false), { type: "foundAlone" }).phase).toBe("ejected");
    expect(run(...inRotation, timedOut(false), { type: "canaryFailed", why: "x" }, { type: "foundAlone" }).phase).toBe(
      "ejected",
    );
  });

  it("begins anew with an engine that was away", () => {
    expect(run(...inRotation, failed, failed, { type: "down" }, { type: "up" })).toMatchObject({
      phase: "warming",
      failures: 0,
    });
  });

  it("is out of rotation only with a reason and a time for the next try, whatever happens", () => {
    const event = fc.constantFrom<RotationEvent>(
      { type: "up" },
      { type: "down" },
      failed,
      succeeded,
      passed,
      { type: "canaryFailed", why: "x" },
      { type: "foundAlone" },
      tooSlow(true),
      tooSlow(false),
      timedOut(true),
      timedOut(false),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const state = run(...events);
        if (state.phase !== "ejected") return;
        expect(state.reason).toBeDefined();
        expect(state.retryAtMs).toBeGreaterThan(1_000);
        expect(state.retryAtMs).toBeLessThanOrEqual(4_000);
      }),
      { numRuns: 2_000 },
    );
  });
});
