import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEngine, type Sequence } from "./engine.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A sequence that notes when its tokens came. */
function sequence(tokens: number): Sequence & { atMs: number[] } {
  const atMs: number[] = [];
  return {
    atMs,
    started: () => undefined,
    step() {
      atMs.push(Math.round(performance.now() - beginMs));
      return atMs.length === tokens ? "finished" : "advanced";
    },
  };
}
let beginMs = 0;

test("the first token comes after ttftMs, the others msPerToken apart, all sequences in the same step", async () => {
  const engine = createEngine(() => ({ ttftMs: 50, msPerToken: 10, slots: 8 }));
  beginMs = performance.now();
  const first = sequence(4);
  const second = sequence(2);
  engine.submit(first);
  engine.submit(second);
  await vi.advanceTimersByTimeAsync(55);
  const late = sequence(2);
  engine.submit(late);
  await vi.advanceTimersByTimeAsync(200);
  expect(first.atMs).toEqual([50, 60, 70, 80]);
  expect(second.atMs).toEqual([50, 60]);
  expect(late.atMs).toEqual([105, 115]);
  expect(engine.running).toBe(0);
});

test("requests beyond the slots wait in order, and a cancelled one makes room", async () => {
  const engine = createEngine(() => ({ ttftMs: 0, msPerToken: 10, slots: 1 }));
  beginMs = performance.now();
  const cancelFirst = engine.submit(sequence(1_000));
  const second = sequence(1);
  const third = sequence(1);
  engine.submit(second);
  const cancelThird = engine.submit(third);
  await vi.advanceTimersByTimeAsync(25);
  expect([engine.running, engine.waiting]).toEqual([1, 2]);
  cancelThird();
  cancelFirst();
  cancelFirst();
  await vi.advanceTimersByTimeAsync(100);
  expect(second.atMs).toEqual([25]);
  expect(third.atMs).toEqual([]);
  expect([engine.running, engine.waiting]).toEqual([0, 0]);
});

test("a blocked reader neither ends the loop nor makes it spin", async () => {
  const engine = createEngine(() => ({ ttftMs: 0, msPerToken: 0, slots: 1 }));
  let looks = 0;
  engine.submit({
    started: () => undefined,
    step() {
      looks++;
      return performance.now() - beginMs < 100 ? "blocked" : "finished";
    },
  });
  beginMs = performance.now();
  await vi.advanceTimersByTimeAsync(200);
  expect(engine.running).toBe(0);
  expect(looks).toBeLessThan(60);
});

test("without delays every sequence still gets one token per step", async () => {
  const engine = createEngine(() => ({ ttftMs: 0, msPerToken: 0, slots: 2 }));
  const order: string[] = [];
  for (const name of ["a", "b"]) {
    let left = 3;
    engine.submit({
      started: () => undefined,
      step() {
        order.push(name);
        return --left === 0 ? "finished" : "advanced";
      },
    });
  }
  await vi.advanceTimersByTimeAsync(10);
  expect(order.join("")).toBe("ababab");
});
