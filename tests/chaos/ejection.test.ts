import { expect, test } from "vitest";
import { countEjectedAfter } from "./ejection.ts";

const failure = (beganAtMs: number, endedAtMs = beganAtMs + 10) => ({ failed: true, beganAtMs, endedAtMs });
const success = (beganAtMs: number, endedAtMs = beganAtMs + 10) => ({ failed: false, beganAtMs, endedAtMs });

test("errors one after the other count each", () => {
  expect(countEjectedAfter([failure(0), failure(20)], 30, 0)).toBe(2);
  expect(countEjectedAfter([failure(0), failure(20), failure(40)], 60, 0)).toBe(3);
  expect(countEjectedAfter([failure(0), failure(20), failure(40), failure(60), failure(80)], 1_000, 0)).toBe(5);
});

test("what was on its way when the third error came does not count", () => {
  expect(countEjectedAfter([failure(0), failure(1), failure(2), failure(3), failure(4)], 60, 0)).toBe(3);
  expect(countEjectedAfter([failure(0, 900), failure(0, 900), failure(0, 900), failure(700, 1_600)], 950, 0)).toBe(3);
  expect(countEjectedAfter([failure(0), failure(1), failure(2), failure(50), failure(150)], 200, 100)).toBe(4);
});

test("an answer that ends well makes it begin again", () => {
  expect(countEjectedAfter([failure(0), failure(20), success(-200, 45), failure(80), failure(100)], 300, 0)).toBe(2);
});

test("what comes after the ejection is a trial", () => {
  expect(countEjectedAfter([failure(0), failure(1), failure(2), failure(500), failure(1_500)], 100, 0)).toBe(3);
});
