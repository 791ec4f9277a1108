import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openLogFile } from "./log-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tera-log-"));
  onTestFinished(() => rm(directory, { recursive: true }));
});

test("lines are appended to what an earlier run wrote", async () => {
  const path = join(directory, "logs", "gateway.log");
  for (const line of ["first", "second"]) {
    const log = openLogFile(path);
    log.write(line);
    log.close();
  }
  expect(await readFile(path, "utf8")).toBe("first\nsecond\n");
});

test("however much is written, it stays below 20 MB", async () => {
  const path = join(directory, "worker.log");
  const log = openLogFile(path);
  const line = "x".repeat(100_000);
  for (let round = 0; round < 400; round += 1) log.write(line);
  log.close();
  const sizes = await Promise.all([stat(path), stat(`${path}.1`)]);
  expect(sizes[0].size + sizes[1].size).toBeLessThan(20_000_000);
});

test.runIf(process.platform === "linux")("a full disk stops nobody", () => {
  const log = openLogFile("/dev/full");
  log.write("lost");
  log.close();
  log.write("lost too");
});
