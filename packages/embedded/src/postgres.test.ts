import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./postgres.ts";
import { commandOf, isRunning } from "./process-table.ts";
import { startOwner } from "./testing/start-owner.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

const log = () => undefined;

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log });
  onTestFinished(() => server.stop());
  return server;
}

async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

test("a second start finds what was committed, and takes less than two seconds", async () => {
  const dataDir = join(await temporaryDirectory(), "postgres");
  const first = await start(dataDir);
  await query(first.url, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('süß')");
  await first.stop();
  expect(await isRunning(first.pid)).toBe(false);

  const startedAt = performance.now();
  const second = await start(dataDir);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(await query(second.url, "SELECT word FROM kept")).toEqual([{ word: "süß" }]);
});

test("text is UTF-8 and sorts by code point, whatever the machine's locale", async () => {
  const { url } = await start(await temporaryDirectory());
  const [row] = await query(
    url,
    "SELECT pg_encoding_to_char(encoding) AS encoding, datlocale AS locale, upper('ä') AS upper FROM pg_database WHERE datname = current_database()",
  );
  expect(row).toEqual({ encoding: "UTF8", locale: "C.UTF-8", upper: "Ä" });
});

test("only the password opens it, and only its owner reads the password", async () => {
  const dataDir = await temporaryDirectory();
  const { url } = await start(dataDir);
  const wrong = new URL(url);
  wrong.password = "guess";
  await expect(query(wrong.href, "SELECT 1")).rejects.toThrow(/password authentication failed/);
  expect((await stat(join(dataDir, "password"))).mode & 0o777).toBe(0o600);
  expect(await commandOf(await postmaster(dataDir))).not.toContain(new URL(url).password);
});

test.runIf(process.getuid?.() === 0)(
  "started by root under a directory that only root may enter, it runs as another user",
  async () => {
    const closed = await temporaryDirectory();
    await chmod(closed, 0o700);
    const { pid, url } = await start(join(closed, "deeper", "postgres"));
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await readFile(`/proc/${pid}/status`, "utf8")).not.toMatch(/^Uid:\s+0\s/m);
  },
);

test("its end is reported with its last lines", async () => {
  const server = await start(await temporaryDirectory());
  const ended = new Promise((resolve) => server.onExit(resolve));
  process.kill(server.pid, "SIGQUIT");
  expect(await ended).toMatchObject({
    lastLines: expect.arrayContaining([expect.stringContaining("immediate shutdown")]),
  });
});

test("the server of a killed run is ended and its data taken over", async () => {
  const dataDir = await temporaryDirectory();
  const owner = await startOwner(dataDir, "unguarded");
  await query(owner.url, "CREATE TABLE survived ()");
  await owner.kill();
  expect(await isRunning(owner.postgres)).toBe(true);

  const { url } = await start(join(dataDir, "postgres"));
  expect(await isRunning(owner.postgres)).toBe(false);
  expect(await query(url, "SELECT count(*)::int AS rows FROM survived")).toEqual([{ rows: 0 }]);
  process.kill(owner.redis, "SIGKILL");
});

test("a server killed -9 with its backends is recovered from its log", async () => {
  const dataDir = await temporaryDirectory();
  const first = await start(dataDir);
  await query(first.url, "CREATE TABLE survived ()");
  const ended = new Promise((resolve) => first.onExit(resolve));
  process.kill(first.pid, "SIGKILL");
  await ended;
  const second = await start(dataDir);
  expect(await query(second.url, "SELECT count(*)::int AS rows FROM survived")).toEqual([{ rows: 0 }]);
});

test("a stale pid file that names somebody else's process harms nobody", async () => {
  const dataDir = await temporaryDirectory();
  await (await start(dataDir)).stop();
  const bystander = spawn("sleep", ["60"]);
  onTestFinished(() => void bystander.kill());
  await once(bystander, "spawn");
  await writeFile(join(dataDir, "cluster", "postmaster.pid"), `${bystander.pid}\n${join(dataDir, "cluster")}\n`);
  await start(dataDir);
  expect(await isRunning(bystander.pid ?? 0)).toBe(true);
});

test("a damaged data directory is one sentence that says what to do", async () => {
  const dataDir = await temporaryDirectory();
  await (await start(dataDir)).stop();
  await rm(join(dataDir, "cluster", "global", "pg_control"));
  await expect(start(dataDir)).rejects.toThrow(
    `The database in ${join(dataDir, "cluster")} is damaged (could not find the database system)`,
  );
  await rm(join(dataDir, "cluster", "PG_VERSION"));
  await expect(start(dataDir)).rejects.toThrow(/is damaged \(PG_VERSION is missing\): put a backup in its place/);
});

test("a first start that was killed in the middle is begun anew", async () => {
  const dataDir = await temporaryDirectory();
  await mkdir(join(dataDir, "cluster.new", "global"), { recursive: true });
  const { url } = await start(dataDir);
  expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

async function postmaster(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, "cluster", "postmaster.pid"), "utf8"), 10);
}
