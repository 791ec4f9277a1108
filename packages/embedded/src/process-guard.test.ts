import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { createProcessGuard } from "./process-guard.ts";
import { isRunning } from "./process-table.ts";
import { startOwner } from "./testing/start-owner.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

test("kill -9 of the parent leaves no server behind", async () => {
  const owner = await startOwner(await temporaryDirectory(), "guarded");
  await owner.kill();
  await vi.waitFor(
    async () => {
      expect([await isRunning(owner.postgres), await isRunning(owner.redis)]).toEqual([false, false]);
    },
    { timeout: 5_000, interval: 20 },
  );
});

test("a guard that is closed leaves, and harms nothing that it watched", async () => {
  const guard = await createProcessGuard();
  const watched = spawn("sleep", ["60"]);
  onTestFinished(() => void watched.kill());
  await once(watched, "spawn");
  guard.watch(watched.pid ?? 0, "SIGTERM");
  await guard.close();
  expect(await isRunning(guard.pid)).toBe(false);
  expect(await isRunning(watched.pid ?? 0)).toBe(true);
});

test("the guard ends by force what ignores the signal, and spares what it was told to forget", async () => {
  const source = `import { spawn } from "node:child_process"; import { once } from "node:events";
    import { createProcessGuard } from ${JSON.stringify(`${import.meta.dirname}/process-guard.ts`)};
    const guard = await createProcessGuard();
    const stubborn = spawn("sh", ["-c", "trap '' TERM; echo; while :; do sleep 1; done"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
    const spared = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
    await once(stubborn.stdout, "data");
    guard.watch(stubborn.pid, "SIGTERM"); guard.watch(spared.pid, "SIGTERM"); guard.forget(spared.pid);
    console.log(JSON.stringify([stubborn.pid, spared.pid]));`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const [stubborn, spared] = JSON.parse(String(line));
  onTestFinished(() => void process.kill(spared, "SIGKILL"));
  parent.kill("SIGKILL");
  await vi.waitFor(async () => expect(await isRunning(stubborn)).toBe(false), { timeout: 6_000, interval: 50 });
  expect(await isRunning(spared)).toBe(true);
});
