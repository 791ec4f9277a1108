import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createGroupWriter } from "./group-writer.ts";

/** Each group is written when the test says so. */
function createSlowWriter(groupMax: number) {
  const groups: number[][] = [];
  let finish: () => void = () => undefined;
  const writer = createGroupWriter<number>({
    write(group) {
      groups.push([...group]);
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    groupMax,
    gather: () => Promise.resolve(),
  });
  async function next(): Promise<void> {
    finish();
    await setImmediate();
  }
  return { groups, writer, next };
}

test("what comes while a group is written is the next group, and never two are written at once", async () => {
  const { groups, writer, next } = createSlowWriter(10);
  writer.add(1);
  writer.add(2);
  await setImmediate();
  expect(groups).toEqual([[1, 2]]);
  for (const item of [3, 4, 5]) writer.add(item);
  await setImmediate();
  expect(groups).toEqual([[1, 2]]);
  await next();
  expect(groups).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test("a group is no larger than it may be, and keeps the order", async () => {
  const { groups, writer, next } = createSlowWriter(2);
  for (const item of [1, 2, 3, 4, 5]) writer.add(item);
  await setImmediate();
  await next();
  await next();
  expect(groups).toEqual([[1, 2], [3, 4], [5]]);
});

test("what comes after all was written is written too", async () => {
  const { groups, writer, next } = createSlowWriter(2);
  writer.add(1);
  await setImmediate();
  await next();
  writer.add(2);
  await setImmediate();
  expect(groups).toEqual([[1], [2]]);
});
