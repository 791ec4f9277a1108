/** `tera up` as an operator runs it: the real command, real servers, and what is left when it ends in every way that it can end. */
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { startFakeRunner } from "@tera/testkit";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { processesAlive, temporaryDirectory, type Up, up } from "./support/up.ts";

const engine = await startFakeRunner();
afterAll(() => engine.close());
const withEngine = ["--port", "0", "--runner", engine.url];

async function ask({ api, apiKey, model }: Up["ready"]): Promise<number> {
  const answer = await fetch(`${api}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe("one data directory through its life", async () => {
  const dataDir = await temporaryDirectory({ keep: "file" });
  let first: Up["ready"];

  test("it starts, answers with the printed key, and stops cleanly", async () => {
    const stack = await up([...withEngine, "--data-dir", dataDir]);
    first = stack.ready;
    expect(first).toMatchObject({ ready: true, model: "fake/echo-1b" });
    expect(Object.keys(first.pids).sort()).toEqual(["dashboard", "gateway", "postgres", "redis", "up", "worker"]);
    expect(await ask(first)).toBe(200);

    stack.process.kill("SIGTERM");
    expect(await stack.exited).toMatchObject({ code: 0 });
    expect(await processesAlive(first)).toEqual([]);
  });

  test("a second start finds its key", async () => {
    const stack = await up([...withEngine, "--data-dir", dataDir]);
    expect(stack.ready).toMatchObject({ apiKey: first.apiKey, accountId: first.accountId });
  });

  test("killed -9, it takes all its children with it", async () => {
    const { ready } = await up([...withEngine, "--data-dir", dataDir]);
    process.kill(ready.pids["up"] ?? 0, "SIGKILL");
    await vi.waitFor(async () => expect(await processesAlive(ready)).toEqual([]), { timeout: 8_000, interval: 50 });
  });

  test("killed -9 with its guard, it is taken over by the next start", async () => {
    const stack = await up([...withEngine, "--data-dir", dataDir]);
    process.kill(await stack.findGuard(), "SIGKILL");
    process.kill(stack.ready.pids["up"] ?? 0, "SIGKILL");
    const next = await up([...withEngine, "--data-dir", dataDir]);
    expect(next.ready.apiKey).toBe(first.apiKey);
    expect(await ask(next.ready)).toBe(200);
    expect(await processesAlive(stack.ready)).toEqual([]);
  });

  test("while it runs, a second one is refused and told where the first is", async () => {
    const stack = await up([...withEngine, "--data-dir", dataDir]);
    const { code, stderr } = await (await up(["--demo", "--port", "0", "--data-dir", dataDir], { expectReady: false }))
      .exited;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Tera already runs on the data directory ${dataDir} (process ${stack.ready.pids["up"]}, ${stack.ready.api})`,
    );
  });

  test.each(["gateway", "worker", "postgres", "redis"])(
    "when its %s dies, it says so and leaves nothing",
    async (part) => {
      const stack = await up([...withEngine, "--data-dir", dataDir]);
      process.kill(stack.ready.pids[part] ?? 0, "SIGKILL");
      const { code, stderr } = await stack.exited;
      expect(code).toBe(1);
      expect(stderr.toLowerCase()).toMatch(new RegExp(`${part} ended unexpectedly \\(sigkill\\)`));
      expect(await processesAlive(stack.ready)).toEqual([]);
    },
  );

  test("without a runner it is ready when the gateway is, and has no model", async () => {
    const { ready } = await up(["--port", "0", "--no-runner", "--data-dir", dataDir]);
    expect(ready.model).toBeNull();
    const health = await fetch(`${new URL(ready.api).origin}/health/live`);
    expect(health.status).toBe(200);
  });

  test("a damaged database is one sentence", async () => {
    await rm(join(dataDir, "postgres", "cluster", "global", "pg_control"));
    const { code, stderr } = await (await up(["--demo", "--port", "0", "--data-dir", dataDir], { expectReady: false }))
      .exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tera: The database in .* is damaged \(.*\): put a backup in its place, or move it away/m);
  });
});

test("with --demo it serves the bundled model through llama.cpp", async () => {
  const { ready } = await up(["--demo", "--port", "0", "--data-dir", await temporaryDirectory()]);
  expect(ready.model).toBe("tera/tera-nano");
  expect(await ask(ready)).toBe(200);
});

test("a port in use is one sentence, at once", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void holder.close());
  await once(holder, "listening");
  const address = holder.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const dataDir = await temporaryDirectory();
  const { code, stderr } = await (await up(["--demo", "--port", port, "--data-dir", dataDir], { expectReady: false }))
    .exited;
  expect(code).toBe(1);
  expect(stderr).toContain(`Port ${port} of 127.0.0.1 is in use: choose another with --port`);
});

test("a model that is none is one sentence", async () => {
  const dataDir = await temporaryDirectory();
  const model = join(dataDir, "wrong.gguf");
  await writeFile(model, "not a model");
  const { code, stderr } = await (
    await up(["--port", "0", "--data-dir", join(dataDir, "data"), "--model", model], { expectReady: false })
  ).exited;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tera: The model could not be loaded: .*GGUF/m);
});

test("a data directory that cannot be one is one sentence", async () => {
  const path = join(await temporaryDirectory(), "file");
  await writeFile(path, "");
  const { code, stderr } = await (await up(["--demo", "--data-dir", path], { expectReady: false })).exited;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tera: The data directory .* cannot be used/m);
});
