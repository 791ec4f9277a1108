import { expect, test } from "vitest";
import { createRetryBudget } from "./retry-budget.ts";

function retriesAllowed(budget: ReturnType<typeof createRetryBudget>, wanted: number, model = "m"): number {
  let allowed = 0;
  for (let tried = 0; tried < wanted; tried++) if (budget.withdraw(model)) allowed++;
  return allowed;
}

test("a burst of failures is retried, a storm is not", () => {
  const budget = createRetryBudget(() => 0);
  expect(retriesAllowed(budget, 1_000)).toBe(100);
});

test("once the reserve is spent, a fifth of the requests may be retried", () => {
  const budget = createRetryBudget(() => 0);
  retriesAllowed(budget, 1_000);
  for (let request = 0; request < 100; request++) budget.deposit("m");
  expect(retriesAllowed(budget, 1_000)).toBe(20);
});

test("a model with little traffic may retry again after a while", () => {
  let nowMs = 0;
  const budget = createRetryBudget(() => nowMs);
  retriesAllowed(budget, 1_000);
  nowMs = 500;
  expect(retriesAllowed(budget, 1_000)).toBe(5);
  nowMs = 3_600_000;
  expect(retriesAllowed(budget, 1_000)).toBe(100);
});

test("one model's storm takes nothing from another's", () => {
  const budget = createRetryBudget(() => 0);
  retriesAllowed(budget, 1_000, "a");
  expect(budget.withdraw("b")).toBe(true);
});
