/**
 * A private Postgres beside us: its data in a directory, reachable only from this machine with a password, ended with us.
 *
 * The caller holds the directory (lockDirectory): a server that still runs in it can then only be the left-over of an earlier run that was killed, and
 * is ended before ours starts.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedError } from "./embedded-error.ts";
import { findFreePort } from "./free-port.ts";
import { findPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.ts";
import {
  damaged,
  databaseName,
  databaseUser,
  openPostgresCluster,
  type PostgresCluster,
  serverEnvironment,
} from "./postgres-cluster.ts";
import type { ProcessGuard } from "./process-guard.ts";
import { commandOf, endProcess, isRunning } from "./process-table.ts";
import { type ServerExit, type ServerProcess, startServerProcess } from "./server-process.ts";
import { asServerUser } from "./server-user.ts";

export interface EmbeddedPostgresOptions {
  /** Made when missing; holds `cluster/` and `password`. */
  dataDir: string;
  log: (line: string) => void;
  /** Ends the server when this process is killed. */
  guard?: ProcessGuard;
}

export interface EmbeddedPostgres {
  /** `postgresql://tera:<password>@127.0.0.1:<port>/tera`; the user is the superuser. */
  readonly url: string;
  readonly pid: number;
  /** Fast shutdown: sessions are cut, everything committed is on disk. Resolves when the process has ended. */
  stop(): Promise<void>;
  /** Called once, when it has ended for any reason, `stop` included. */
  onExit(listener: (exit: ServerExit) => void): void;
}

const startAttemptsMax = 5;
const startTimeoutMs = 60_000;

/** Fast shutdown, then an immediate one, which the next start repairs from the log; SIGKILL would leave the backends behind for a moment. */
const endSteps = [
  { signal: "SIGINT", waitMs: 2_000 },
  { signal: "SIGQUIT", waitMs: 500 },
] as const;

/** @throws {EmbeddedError} with one sentence for the operator: damaged, foreign, disk full, no build for this machine. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findPostgresBinaries();
  const cluster = await openPostgresCluster(options.dataDir, binaries, options.log);
  await endLeftOver(cluster.directory, options.log);
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = await launch(cluster, port, binaries, options);
    const timeout = AbortSignal.timeout(startTimeoutMs);
    const timedOut = new Promise<"timeout">((resolve) => {
      timeout.addEventListener("abort", () => resolve("timeout"), { once: true });
    });
    const outcome = await Promise.race([server.untilLine(/database system is ready to accept connections/), timedOut]);
    if (outcome === "timeout") {
      await server.end(endSteps);
      throw new EmbeddedError(`Postgres did not start within ${startTimeoutMs / 1000} s; its log tells why.`);
    }
    if (typeof outcome === "string") return toEmbeddedPostgres(server, cluster, port);
    const problem = judgeFailedStart(outcome, cluster.directory);
    if (problem !== "try again" || attempt === startAttemptsMax) {
      throw problem === "try again" ? new EmbeddedError(`Postgres does not start: ${reasonOf(outcome)}`) : problem;
    }
    await delay(200 * attempt);
  }
}

async function launch(
  cluster: PostgresCluster,
  port: number,
  binaries: PostgresBinaries,
  { dataDir, log, guard }: EmbeddedPostgresOptions,
): Promise<ServerProcess> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 100,
    shared_buffers: "256MB",
    max_wal_size: "256MB",
    // Nobody replicates from it: the least log, and fewer processes of its own.
    wal_level: "minimal",
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    io_method: "sync",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    logging_collector: "off",
  };
  const args = [
    "-D",
    cluster.directory,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const command = await asServerUser(cluster.user, binaries.postgres, args, [binaries.root, dataDir]);
  return startServerProcess(
    { ...command, cwd: dataDir, environment: serverEnvironment },
    { log, guard, guardSignal: "SIGINT" },
  );
}

function toEmbeddedPostgres(server: ServerProcess, cluster: PostgresCluster, port: number): EmbeddedPostgres {
  return {
    url: `postgresql://${databaseUser}:${cluster.password}@127.0.0.1:${port}/${databaseName}`,
    pid: server.pid,
    async stop() {
      await server.end(endSteps);
    },
    onExit: (listener) => void server.exited.then(listener),
  };
}

/** Ends the server of an earlier run that was killed. The pid in its file is believed only if that process is a postgres of this very directory. */
async function endLeftOver(directory: string, log: (line: string) => void): Promise<void> {
  const pidFile = await readFile(join(directory, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(pidFile, 10);
  if (!(pid > 1) || !(await isRunning(pid))) return;
  const command = await commandOf(pid);
  if (!command.includes("postgres") || !command.includes(directory)) return;
  log(`ending the Postgres that an earlier run left behind (process ${pid})`);
  if (!(await endProcess(pid, [...endSteps, { signal: "SIGKILL", waitMs: 1_000 }]))) {
    throw new EmbeddedError(`The Postgres of an earlier run (process ${pid}) does not end: kill it and start again.`);
  }
}

/** Reads the last words of a server that ended before it was ready. */
function judgeFailedStart(exit: ServerExit, directory: string): EmbeddedError | "try again" {
  const said = exit.lastLines.join("\n");
  if (/no space left on device/i.test(said)) return new EmbeddedError(`The disk that holds ${directory} is full.`);
  // Someone took the port between our look and its bind; or the backends of a killed server need a moment to notice.
  if (/could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block/.test(said))
    return "try again";
  const version = /initialized by PostgreSQL version (\S+?),/.exec(said)?.[1];
  if (version !== undefined) {
    return new EmbeddedError(
      `The database in ${directory} was made by Postgres ${version}: dump it with that version, move it away, and load the dump.`,
    );
  }
  if (/could not (create|map) (anonymous )?shared memory/.test(said)) {
    return new EmbeddedError(`Postgres does not get the memory that it needs: ${reasonOf(exit)}`);
  }
  return damaged(directory, reasonOf(exit));
}

function reasonOf(exit: ServerExit): string {
  const line =
    exit.lastLines.find((candidate) => /(FATAL|PANIC):|^postgres: /.test(candidate)) ?? exit.lastLines.at(-1);
  const ending = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
  return line?.replace(/^.*?(FATAL|PANIC|postgres):\s*/, "") ?? ending;
}
