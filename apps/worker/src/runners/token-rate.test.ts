import { expect, test } from "vitest";
import { createTokenRate } from "./token-rate.ts";

function play() {
  let nowMs = 1_000_500;
  const rate = createTokenRate(() => nowMs);
  return {
    rate,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test("tokens count for ten seconds, and not longer", () => {
  const { rate, pass } = play();
  rate.add(60);
  rate.add(40);
  expect(rate.read()).toBe(10);
  pass(9_000);
  rate.add(50);
  expect(rate.read()).toBe(15);
  pass(1_000);
  expect(rate.read()).toBe(5);
  pass(1_000_000);
  expect(rate.read()).toBe(0);
});

test("a clock that is set back loses and doubles nothing", () => {
  const { rate, pass } = play();
  rate.add(10);
  pass(-5_000);
  rate.add(10);
  expect(rate.read()).toBe(2);
});
