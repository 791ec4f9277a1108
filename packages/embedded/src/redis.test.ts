import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { ensureRedisServer } from "./ensure-redis-server.ts";
import { commandOf, isRunning } from "./process-table.ts";
import { type EmbeddedRedis, neverByItself, startEmbeddedRedis } from "./redis.ts";
import { startOwner } from "./testing/start-owner.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

const log = () => undefined;

beforeAll(async () => {
  await ensureRedisServer({ log });
});

async function start(dataDir: string): Promise<EmbeddedRedis> {
  const server = await startEmbeddedRedis({ dataDir, log });
  onTestFinished(() => server.stop());
  return server;
}

/** Sends inline commands and returns all that came back before the server closed the connection. */
async function speak(url: string, ...commands: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => {
    answer += text;
  });
  socket.write([...commands, "QUIT", ""].join("\r\n"));
  await once(socket, "close");
  return answer;
}

test("only the password opens it, and no process list shows the password", async () => {
  const { url, pid } = await start(await temporaryDirectory());
  const { password } = new URL(url);
  expect(await speak(url, "PING")).toContain("NOAUTH");
  expect(await speak(url, `AUTH ${password}`, "PING")).toContain("+PONG");
  expect(password).toHaveLength(32);
  expect(await commandOf(pid)).not.toContain(password);
});

test("it forgets nothing under pressure and writes nothing to disk while it runs", async () => {
  const { url } = await start(await temporaryDirectory());
  const answer = await speak(
    url,
    `AUTH ${new URL(url).password}`,
    "CONFIG GET maxmemory-policy",
    "CONFIG GET save",
    "CONFIG GET appendonly",
  );
  expect(answer).toContain("noeviction");
  expect(answer).toContain(`${neverByItself}\r\n`);
  expect(answer).toMatch(/appendonly\r\n\$2\r\nno/);
});

test("what it holds when it is stopped is there at the next start, and only then", async () => {
  const dataDir = await temporaryDirectory();
  const dump = join(dataDir, "dump.rdb");
  const first = await startEmbeddedRedis({ dataDir, log });
  await speak(first.url, `AUTH ${new URL(first.url).password}`, "SET usage owed");
  await first.stop();
  const second = await start(dataDir);
  expect(await speak(second.url, `AUTH ${new URL(second.url).password}`, "GET usage")).toContain("owed");
  await expect(stat(dump)).rejects.toThrow("ENOENT");
});

test("what another version has written does not keep it from starting", async () => {
  const dataDir = await temporaryDirectory();
  await writeFile(join(dataDir, "dump.rdb"), "REDIS9999 and nothing that can be read");
  const { url } = await start(dataDir);
  expect(await speak(url, `AUTH ${new URL(url).password}`, "PING")).toContain("+PONG");
});

test("stop ends the process", async () => {
  const server = await start(await temporaryDirectory());
  await server.stop();
  expect(await isRunning(server.pid)).toBe(false);
});

test("the server of a killed run is ended by the next start", async () => {
  const dataDir = await temporaryDirectory();
  const owner = await startOwner(dataDir, "unguarded");
  onTestFinished(() => void process.kill(owner.postgres, "SIGKILL"));
  await owner.kill();
  expect(await isRunning(owner.redis)).toBe(true);
  await start(join(dataDir, "redis"));
  expect(await isRunning(owner.redis)).toBe(false);
});

test("a note that names somebody else's process harms nobody", async () => {
  const dataDir = await temporaryDirectory();
  const bystander = spawn("sleep", ["60"]);
  onTestFinished(() => void bystander.kill());
  await once(bystander, "spawn");
  await writeFile(join(dataDir, "process"), `${bystander.pid} 6379\n`);
  await start(dataDir);
  expect(await isRunning(bystander.pid ?? 0)).toBe(true);
});
