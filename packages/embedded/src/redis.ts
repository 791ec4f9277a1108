/**
 * A private Redis beside us: reachable only from this machine with a password that is new on every start, ended with us. Nothing is on disk while it runs (Redis moves, Postgres
 * remembers). Only when it is ended it leaves what it holds for the next start: where Postgres died and all of us ends with it, usage that is not settled yet lies nowhere else. The caller holds the directory (lockDirectory): a server of an earlier run that was killed is ended first.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedError } from "./embedded-error.ts";
import { findFreePort } from "./free-port.ts";
import type { ProcessGuard } from "./process-guard.ts";
import { commandOf, endProcess, isRunning } from "./process-table.ts";
import { findRedisBinary } from "./redis-binary.ts";
import { type ServerExit, startServerProcess } from "./server-process.ts";

export interface EmbeddedRedisOptions {
  /** Made when missing; holds the note by which the next start finds a left-over server, and what the last one left. */
  dataDir: string;
  log: (line: string) => void;
  /** Ends the server when this process is killed. */
  guard?: ProcessGuard;
}

export interface EmbeddedRedis {
  /** `redis://:<password>@127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
  /** Called once, when it has ended for any reason, `stop` included. */
  onExit(listener: (exit: ServerExit) => void): void;
}

const startAttemptsMax = 5;
/** A save point that is never reached. Because there is one, Redis saves when it is ended. */
export const neverByItself = "2000000000 2000000000";
const endSteps = [{ signal: "SIGTERM", waitMs: 1_500 }] as const;

/** @throws {EmbeddedError} when there is no server program (see ensureRedisServer) or it does not start. */
export async function startEmbeddedRedis({ dataDir, log, guard }: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const binary = await findRedisBinary();
  if (!binary) throw new EmbeddedError("Redis (6.2 or newer) is missing: run the set-up (npm start) again.");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const noteFile = join(dataDir, "process");
  const dumpFile = join(dataDir, "dump.rdb");
  await endLeftOver(noteFile, log);
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const password = randomBytes(24).toString("base64url");
    const server = await startServerProcess(
      {
        file: binary.path,
        // "-": the configuration comes from standard input, so that the password is in no process list and no file.
        arguments: ["-"],
        cwd: dataDir,
        environment: { PATH: process.env["PATH"], LC_ALL: "C" },
        input: configuration(port, password, dataDir),
      },
      { log, guard, guardSignal: "SIGTERM" },
    );
    await writeFile(noteFile, `${server.pid} ${port}\n`, { mode: 0o600 });
    const outcome = await server.untilLine(/ready to accept connections/i);
    const portTaken =
      typeof outcome !== "string" &&
      outcome.lastLines.some((line) => /address already in use|failed listening on port/i.test(line));
    // It is in memory now, or cannot be read: another version wrote it.
    const hadDump = !portTaken && (await takeAway(dumpFile));
    if (typeof outcome === "string") {
      return {
        url: `redis://:${password}@127.0.0.1:${port}`,
        pid: server.pid,
        async stop() {
          await server.end(endSteps);
          await rm(noteFile, { force: true });
        },
        onExit: (listener) => void server.exited.then(listener),
      };
    }
    if (!(portTaken || hadDump) || attempt === startAttemptsMax) {
      throw new EmbeddedError(`Redis does not start: ${outcome.lastLines.at(-1) ?? `exit code ${outcome.code}`}`);
    }
  }
}

/** @returns whether there was one. */
function takeAway(file: string): Promise<boolean> {
  return rm(file).then(
    () => true,
    () => false,
  );
}

function configuration(port: number, password: string, dataDir: string): string {
  return [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(dataDir)}`,
    `save ${neverByItself}`,
    "appendonly no",
    "maxmemory-policy noeviction",
    "daemonize no",
    "",
  ].join("\n");
}

/** Ends the server of an earlier run that was killed. It is believed to be ours only if it is a Redis on the very port that was noted. */
async function endLeftOver(noteFile: string, log: (line: string) => void): Promise<void> {
  const note = await readFile(noteFile, "utf8").catch(() => "");
  const [pid = 0, port = 0] = note.split(" ").map(Number);
  if (!(pid > 1) || !(await isRunning(pid))) return;
  // Redis and Valkey set their title to "redis-server 127.0.0.1:6379".
  if (!new RegExp(`(redis|valkey)-server .*:${port}\\b`).test(await commandOf(pid))) return;
  log(`ending the Redis that an earlier run left behind (process ${pid})`);
  if (!(await endProcess(pid, [...endSteps, { signal: "SIGKILL", waitMs: 1_000 }]))) {
    throw new EmbeddedError(`The Redis of an earlier run (process ${pid}) does not end: kill it and start again.`);
  }
}
