import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TeraError } from "@tera/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { ask, chat, startTestRunner, type TestRunner } from "./testing.ts";

const started: TestRunner[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ runner }) => runner.stop()));
});

function start(...settings: Parameters<typeof startTestRunner>): TestRunner {
  const runner = startTestRunner(...settings);
  started.push(runner);
  return runner;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const endless = chat("Tell me a story", { sampling: { temperature: 2, maxTokens: 900 } });

test("a killed engine fails its requests retryably, and is started anew", async () => {
  const { runner, pids, until } = start();
  await until("ready");
  const [pid] = pids;
  if (pid === undefined) throw new Error("no process was started");
  const failures = [1, 2].map(() =>
    ask(runner, endless, { onDelta: () => isAlive(pid) && process.kill(pid, "SIGKILL") }).catch(
      (error: unknown) => error,
    ),
  );
  for (const error of await Promise.all(failures)) {
    expect(error).toBeInstanceOf(TeraError);
    expect(error).toMatchObject({ code: "runner_failed", retryable: true });
  }
  expect(runner.status()).toMatchObject({ state: "unhealthy", busy: 0, reason: "the engine process ended (SIGKILL)" });
  await expect(ask(runner, endless)).rejects.toMatchObject({ code: "runner_failed", retryable: true });
  await until("ready");
  expect(pids).toHaveLength(2);
  expect((await ask(runner, chat("What is the capital of France?"))).content).toBe("The capital of France is Paris.");
});

test("a model that cannot be loaded makes the runner unhealthy, with the reason, and is tried again", async () => {
  const { runner, pids, until } = start({ model: fileURLToPath(new URL("./no-such.gguf", import.meta.url)) });
  await until("unhealthy");
  expect(runner.status().reason).toContain("no-such.gguf");
  await vi.waitFor(() => expect(pids.length).toBeGreaterThan(1), { timeout: 5_000 });
  await expect(ask(runner, endless)).rejects.toMatchObject({ code: "runner_failed", retryable: true });
});

test("stop ends the process and what runs on it, also twice, and nothing starts again", async () => {
  const { runner, pids, until } = start();
  await until("ready");
  const running = ask(runner, endless);
  const refused = expect(running).rejects.toMatchObject({ code: "runner_failed" });
  await Promise.all([runner.stop(), runner.stop()]);
  await refused;
  expect(runner.status().state).toBe("stopped");
  expect(pids.filter(isAlive)).toEqual([]);
  await runner.stop();
  expect(pids).toHaveLength(1);
});

test("signals for the whole process group leave the engine to its worker", async () => {
  const { runner, pids, until } = start();
  await until("ready");
  for (const signal of ["SIGINT", "SIGTERM"]) process.kill(pids[0] ?? 0, signal);
  expect((await ask(runner, chat("What is the capital of France?"))).finishReason).toBe("stop");
  expect(pids).toHaveLength(1);
});

test("a cancelled request is given up within a second, with its counts, though the engine does not answer", async () => {
  const { runner, pids, until } = start({ slots: 1 });
  await until("ready");
  const abort = new AbortController();
  let abortedAtMs = 0;
  const { usage } = await ask(runner, endless, {
    signal: abort.signal,
    onDelta() {
      if (abort.signal.aborted) return;
      process.kill(pids[0] ?? 0, "SIGSTOP");
      abortedAtMs = performance.now();
      abort.abort();
    },
  });
  expect(performance.now() - abortedAtMs).toBeLessThan(1_000);
  expect(usage.source).toBe("counted");
  expect(usage.completionTokens).toBeGreaterThan(0);
  const next = ask(runner, chat("What is the capital of France?"));
  process.kill(pids[0] ?? 0, "SIGCONT");
  expect((await next).content).toBe("The capital of France is Paris.");
});

test("a stopped runner that is still loading leaves no process behind", async () => {
  const { runner, pids } = start();
  await runner.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(runner.status().state).toBe("stopped");
});

test("the engine process ends when its worker is killed, in the middle of a generation", async () => {
  const testing = fileURLToPath(new URL("./testing.ts", import.meta.url));
  const program = `
    import { ask, chat, startTestRunner } from ${JSON.stringify(testing)};
    const { runner, pids, until } = startTestRunner();
    await until("ready");
    const onDelta = () => console.log(pids[0]);
    await ask(runner, chat("Tell me a story", { sampling: { temperature: 2, maxTokens: 900 } }), { onDelta });`;
  const worker = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: worker.stdout }), "line");
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  worker.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5_000 });
});
