import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { fakeCommand, fakeRunnerProgram, generate, isAlive, startProcessRunner, type TestRunner } from "./testing.ts";

const started: TestRunner[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ runner }) => runner.stop()));
});

function start(...given: Parameters<typeof startProcessRunner>): TestRunner {
  const runner = startProcessRunner(...given);
  started.push(runner);
  return runner;
}

function script(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "tera-process-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "server.sh");
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** A server whose parent is a shell, as with a launcher script; both print their process ids. */
const behindShell = (more = "") =>
  script(`${more}\n"${process.execPath}" "${fakeRunnerProgram}" --port $PORT --models m --ms-per-token 5 &
    echo "pids $$ $!"\nwait`);

async function pidsOf({ runner }: TestRunner): Promise<[number, number]> {
  const line = await vi.waitFor(
    () => {
      const found = runner.logLines?.().findLast((each) => each.startsWith("pids "));
      if (found === undefined) throw new Error("no process ids were printed");
      return found;
    },
    { timeout: 10_000 },
  );
  const [shell = 0, server = 0] = line.split(" ").slice(1).map(Number);
  return [shell, server];
}

test("a server is started on a free port, serves, and is gone when the runner is stopped", async () => {
  const own = start(fakeCommand, { slots: 7 });
  expect(own.runner.status()).toMatchObject({ kind: "process", state: "starting" });
  const status = await own.until("ready");
  expect(status).toMatchObject({ id: "p", kind: "process", slots: 7, models: [{ id: "m" }] });
  expect(own.runner.canaryModel()).toMatchObject({ id: "m" });
  expect(await generate(own.runner, 5)).toMatchObject({ completionTokens: 5, source: "engine" });
  await own.runner.stop();
  expect(own.runner.status().state).toBe("stopped");
  expect(own.runner.canaryModel()).toBeUndefined();
  await expect(fetch(`http://${status.address}/v1/models`)).rejects.toThrow();
  await expect(generate(own.runner, 5)).rejects.toMatchObject({ code: "runner_failed", retryable: true });
});

test("the server gets its port, its GPUs and its own variables, and none of the worker's standard input", async () => {
  const program = script(
    'echo "$PORT $1 $CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER $OWN"; pwd; read -r line || echo "no input"; exec sleep 60',
  );
  const own = start([program, "{host}:{port}"], {
    gpus: [0, "GPU-ab12"],
    env: { OWN: "on {port}" },
    workingDirectory: "/",
    port: 19_871,
  });
  await vi.waitFor(() => expect(own.runner.logLines?.()).toContain("no input"), { timeout: 10_000 });
  expect(own.runner.logLines?.()).toEqual(
    expect.arrayContaining(["19871 127.0.0.1:19871 0,GPU-ab12 PCI_BUS_ID on 19871", "/"]),
  );
});

test("while it starts, the reason says for how long, on which port, and what it said last", async () => {
  const program = script('printf "Loading weights:  10%%\\rLoading weights:  80%%\\r"; exec sleep 60');
  const own = start([program], { port: 19_872 });
  await vi.waitFor(
    () =>
      expect(own.runner.status()).toMatchObject({
        state: "starting",
        reason: expect.stringMatching(
          /^\d+ s since its start, not yet on port 19872; it said: Loading weights: {2}80%$/,
        ),
      }),
    { timeout: 10_000 },
  );
});

test.each([
  ["exits at once", "echo 'usage: serve MODEL' >&2; exit 2", /exit code 2; .*it said: usage: serve MODEL/],
  ["prints an error and dies", "echo loading; echo 'ValueError: no such model' >&2; kill -9 $$", /SIGKILL.*ValueError/],
])("a server that %s is reported with its last words, and started again", async (_name, text, reason) => {
  const own = start([script(text)]);
  await vi.waitFor(
    () => expect(own.runner.status()).toMatchObject({ state: "unhealthy", reason: expect.stringMatching(reason) }),
    { timeout: 10_000, interval: 10 },
  );
  expect(own.runner.status().reason).toContain("tera runners logs p");
  const starts = () => own.runner.logLines?.().filter((line) => line.includes("is started on port")).length;
  await vi.waitFor(() => expect(starts()).toBeGreaterThan(1), { timeout: 10_000 });
});

test.each([
  [
    "a program that is not there",
    ["no-such-program-of-tera"],
    {},
    /no program no-such-program-of-tera on this worker's PATH/,
  ],
  ["a path that is no program", ["/etc/passwd"], {}, /\/etc\/passwd is no program/],
  [
    "a directory that is not there",
    fakeCommand,
    { workingDirectory: "/no/such/place" },
    /no directory \/no\/such\/place/,
  ],
])("%s is named", async (_name, command, change, reason) => {
  const own = start(command, change);
  const status = await own.until("unhealthy");
  expect(status.reason).toMatch(reason);
  expect(status.engine).toBe(basename(command[0] ?? ""));
});

test("a port that somebody else listens on is not taken for the server's", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  onTestFinished(() => void other.close());
  const own = start(fakeCommand, { port: address.port });
  expect((await own.until("unhealthy")).reason).toMatch(`port ${address.port} is in use by another process`);
  other.close();
  await own.until("ready");
});

test("a server that never becomes healthy is ended with everything it started, and the reason says so", async () => {
  const own = start([script('sleep 60 &\necho "pids $$ $!"; wait')], { startTimeoutMs: 1_000 });
  const pids = await pidsOf(own);
  const { reason } = await own.until("unhealthy");
  expect(reason).toMatch(/did not become healthy within 1 s on port \d+/);
  await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), { timeout: 5_000 });
});

test("a killed server breaks its streams at once, leaves nothing behind, and is unhealthy until it is ready again", async () => {
  const own = start([behindShell()]);
  await own.until("ready");
  const [shell, server] = await pidsOf(own);
  let deltas = 0;
  const broken = generate(own.runner, 100_000, () => {
    if (++deltas === 3) process.kill(shell, "SIGKILL");
  });
  await expect(broken).rejects.toMatchObject({ code: "runner_failed", retryable: true });
  await vi.waitFor(() => expect(isAlive(server)).toBe(false), { timeout: 5_000 });
  const { reason } = await own.until("unhealthy");
  expect(reason).toMatch(/it ended after \d+ s: SIGKILL/);
  await own.until("ready");
  expect(own.states).toEqual(["starting", "ready", "unhealthy", "starting", "ready"]);
  expect(await pidsOf(own)).not.toContain(server);
  expect(await generate(own.runner, 3)).toMatchObject({ completionTokens: 3 });
});

test("a server that stands still is late, not gone: what waits for it is answered when it goes on", async () => {
  const own = start([behindShell()]);
  await own.until("ready");
  const server = (await pidsOf(own))[1];
  process.kill(server, "SIGSTOP");
  const waiting = generate(own.runner, 3);
  await vi.waitFor(() => expect(own.runner.isLate?.()).toBe(true), { timeout: 20_000 });
  expect(own.runner.status()).toMatchObject({ state: "ready", kind: "process" });
  process.kill(server, "SIGCONT");
  expect(await waiting).toMatchObject({ completionTokens: 3 });
  expect(own.states).toEqual(["starting", "ready"]);
}, 40_000);

test("stop ends what ignores SIGTERM, and the children that a launcher leaves", async () => {
  const own = start([behindShell("trap '' TERM")], { stopTimeoutMs: 300 });
  await own.until("ready");
  const pids = await pidsOf(own);
  await Promise.all([own.runner.stop(), own.runner.stop()]);
  expect(pids.map(isAlive)).toEqual([false, false]);
});

test("stop during the start ends what was just started", async () => {
  const own = start([behindShell()]);
  await own.runner.stop();
  const pids = own.runner.logLines?.().find((line) => line.startsWith("pids "));
  expect((pids ?? "").split(" ").slice(1).map(Number).filter(isAlive)).toEqual([]);
  expect(own.runner.status().state).toBe("stopped");
});
