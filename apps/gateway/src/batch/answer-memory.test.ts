import { expect, onTestFinished, test, vi } from "vitest";
import { createAnswerMemory } from "./answer-memory.ts";

function createQuestion() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  return { memory: createAnswerMemory<number>(1_000), ask: vi.fn(async () => 1) };
}

test("many who ask the same at once, and those who ask soon after, cost one question", async () => {
  const { memory, ask } = createQuestion();
  await Promise.all([memory("a", ask), memory("a", ask)]);
  vi.advanceTimersByTime(999);
  expect(await memory("a", ask)).toBe(1);
  expect(ask).toHaveBeenCalledTimes(1);
  await memory("b", ask);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("an answer that is old is asked for again", async () => {
  const { memory, ask } = createQuestion();
  await memory("a", ask);
  vi.advanceTimersByTime(1_000);
  await memory("a", ask);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("a failure goes to all who wait for it, and to nobody after them", async () => {
  const { memory, ask } = createQuestion();
  ask.mockRejectedValueOnce(new Error("away"));
  const both = [memory("a", ask), memory("a", ask)];
  for (const each of both) await expect(each).rejects.toThrow("away");
  expect(await memory("a", ask)).toBe(1);
});
