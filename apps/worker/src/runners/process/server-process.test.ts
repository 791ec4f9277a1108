import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { createLogLines } from "./log-lines.ts";
import { startServerProcess } from "./server-process.ts";
import { isAlive } from "./testing.ts";

const command = (text: string, stopTimeoutMs = 2_000) => ({
  words: ["/bin/sh", "-c", text],
  environment: { PATH: process.env["PATH"] },
  workingDirectory: "/",
  stopTimeoutMs,
});

/** A parent and a child that would outlive it, both deaf to SIGTERM; prints their ids. */
const stubborn = "trap '' TERM; sh -c 'while :; do sleep 1; done' & echo $$ $!; while :; do sleep 1; done";

test("kill -9 of the worker ends the server and what it started, also when both ignore SIGTERM", async () => {
  const program = `
    import { createLogLines } from ${JSON.stringify(fileURLToPath(new URL("log-lines.ts", import.meta.url)))};
    import { startServerProcess } from ${JSON.stringify(fileURLToPath(new URL("server-process.ts", import.meta.url)))};
    const lines = createLogLines();
    await startServerProcess(${JSON.stringify(command(stubborn, 300))}, lines);
    const timer = setInterval(() => {
      if (lines.all().length === 0) return;
      clearInterval(timer);
      console.log(lines.all()[0]);
    }, 10);`;
  const worker = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void worker.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: worker.stdout }), "line");
  const pids = String(line).split(" ").map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  worker.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), { timeout: 8_000, interval: 50 });
});

test("how it ended is told with the last of its output", async () => {
  const lines = createLogLines();
  const server = await startServerProcess(command("echo first; printf 'no line end'; exit 3"), lines);
  expect(await server.exited).toBe("exit code 3");
  expect(await server.end()).toBe(true);
  expect(lines.all()).toEqual(["first", "no line end"]);
});

test("output that something escaped with keeps nobody waiting", async () => {
  const lines = createLogLines();
  const program = `
    const child = require("node:child_process").spawn("sleep", ["20"], { detached: true, stdio: "inherit" });
    console.log(child.pid);
    child.unref();`;
  const words = [process.execPath, "--eval", program];
  const server = await startServerProcess({ ...command(""), words }, lines);
  expect(await server.exited).toBe("exit code 0");
  expect(await server.end()).toBe(true);
  const escaped = Number(lines.all()[0]);
  expect(isAlive(escaped)).toBe(true);
  process.kill(escaped, "SIGKILL");
});

test("words are handed over as they are: nothing in them is read by a shell", async () => {
  const lines = createLogLines();
  const words = ["/bin/echo", "$HOME", "`id`", "a  b", "*", "; exit 1"];
  const server = await startServerProcess({ ...command(""), words }, lines);
  await server.exited;
  await server.end();
  expect(lines.all()).toEqual(["$HOME `id` a  b * ; exit 1"]);
});
