import { expect, test } from "vitest";
import { parseCpuTicks, readCpuUs } from "./process-cpu.ts";

test("user and system time are read, whatever the process calls itself", () => {
  const rest = "S 1 42 42 0 -1 4194304 100 0 0 0 250 50 9 9 20 0 11 0 1000 1000000 2000 18446744073709551615";
  expect(parseCpuTicks(`42 (node) ${rest}`)).toBe(300);
  expect(parseCpuTicks(`42 (a) R (b c) ${rest}`)).toBe(300);
});

test("text that is something else is an error, not a time", () => {
  expect(() => parseCpuTicks("nothing")).toThrow("not the text");
});

test.runIf(process.platform === "linux")("this process has used some CPU", async () => {
  expect(await readCpuUs(process.pid)).toBeGreaterThan(0);
});
