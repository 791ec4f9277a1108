import { expect, test } from "vitest";
import { readCount, readCounts, readTargets } from "./arguments.ts";

test("counts are whole numbers within bounds, each once, in order", () => {
  expect(readCounts("32,1,8,8")).toEqual([1, 8, 32]);
  for (const wrong of ["0", "-1", "1.5", "many", "", "10001"]) expect(() => readCount(wrong)).toThrow("must be 1 to");
});

test("targets come in their own order, and one that does not exist is named", () => {
  const read = readTargets(["direct", "tera", "nginx"]);
  expect(read("nginx,tera")).toEqual(["tera", "nginx"]);
  expect(() => read("tera,portkey")).toThrow("there is no portkey: direct, tera, nginx.");
});
