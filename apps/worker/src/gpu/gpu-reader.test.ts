import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type GpuReader, startGpuReader } from "./gpu-reader.ts";

const timing = { readEveryMs: 50, readTimeoutMs: 2_000, staleAfterMs: 60_000 };

/** A reader of a machine whose `nvidia-smi` is this script; it counts its runs in the file `runs`. */
function startReader(script: string | undefined, change: Partial<typeof timing> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "tera-gpu-"));
  const runsFile = join(directory, "runs");
  const play = (text: string) =>
    writeFileSync(join(directory, "nvidia-smi"), `#!/bin/sh\necho run >> ${runsFile}\n${text}\n`, { mode: 0o755 });
  if (script !== undefined) play(script);
  const warnings: object[] = [];
  const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields), error: () => undefined };
  const reader: GpuReader = startGpuReader({
    log,
    environment: { PATH: script === undefined ? directory : `${directory}:${process.env["PATH"]}` },
    timing: { ...timing, ...change },
  });
  onTestFinished(() => {
    reader.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const runs = () => (existsSync(runsFile) ? readFileSync(runsFile, "utf8").split("\n").length - 1 : 0);
  return { reader, play, warnings, runs };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

test("figures are read again and again, by asking for exactly those fields", async () => {
  const { reader, play } = startReader('echo "0, $1, 1, 2, 3, 4, 5"');
  await until(() => expect(reader.read()).toHaveLength(1));
  expect(reader.read()[0]?.name).toBe(
    "--query-gpu=index, name, memory.used, memory.total, utilization.gpu, power.draw, temperature.gpu",
  );
  play('echo "1, B, 1, 2, 3, 4, 5"');
  await until(() => expect(reader.read()).toMatchObject([{ index: 1, name: "B" }]));
});

test("a machine without nvidia-smi has no GPUs, and nothing is said of it", async () => {
  const { reader, play, warnings, runs } = startReader(undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  play("exit 0");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([reader.read(), warnings, runs()]).toEqual([[], [], 0]);
});

test("a driver in trouble is one line in the log, and the figures come back with it", async () => {
  const { reader, play, warnings, runs } = startReader("echo 'NVIDIA-SMI has failed: no driver'; exit 9");
  await until(() => expect(runs()).toBeGreaterThan(3));
  expect(warnings).toEqual([{ reason: "NVIDIA-SMI has failed: no driver" }]);
  expect(reader.read()).toEqual([]);
  play('echo "0, A, 1, 2, 3, 4, 5"');
  await until(() => expect(reader.read()).toHaveLength(1));
});

test("one GPU in trouble does not hide the others", async () => {
  const { reader } = startReader('echo "0, A, 1, 2, 3, 4, 5"; echo "Unable to determine the device handle"; exit 15');
  await until(() => expect(reader.read()).toMatchObject([{ name: "A" }]));
});

test("an nvidia-smi that hangs is killed, never runs twice, and what it said before goes stale", async () => {
  const { reader, play, warnings, runs } = startReader('echo "0, A, 1, 2, 3, 4, 5"', {
    readTimeoutMs: 300,
    staleAfterMs: 500,
  });
  await until(() => expect(reader.read()).toHaveLength(1));
  play("exec sleep 60");
  const [runsBefore, startedAtMs] = [runs(), performance.now()];
  await until(() => expect(warnings).toEqual([{ reason: "it hung for 0.3 s" }]));
  await until(() => expect(reader.read()).toEqual([]));
  await until(() => expect(runs() - runsBefore).toBeGreaterThan(2));
  expect(runs() - runsBefore).toBeLessThanOrEqual((performance.now() - startedAtMs) / 300 + 2);
});
