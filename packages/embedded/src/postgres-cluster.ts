/**
 * The files of the private Postgres: `cluster/` (its data directory), `password` (0600). They appear in one step: initdb works in `cluster.new`, which is renamed
 * when it is complete, so that a kill in the middle leaves nothing that looks like a damaged database.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EmbeddedError, isDiskFull } from "./embedded-error.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { asServerUser, findServerUser, type ServerUser } from "./server-user.ts";

const run = promisify(execFile);

export interface PostgresCluster {
  /** Postgres's own data directory. */
  directory: string;
  password: string;
  user: ServerUser | undefined;
}

/** The superuser and the database, both made by initdb. */
export const databaseUser = "tera";
export const databaseName = "tera";

/** Messages in English, because we read them; nothing of the caller's PG* variables may leak in. */
export const serverEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  LC_ALL: "C",
  TZ: "UTC",
};

/**
 * Finds the cluster in `dataDir`, or makes it.
 * @throws {EmbeddedError} when what is there is not a whole cluster, belongs to someone else, or the disk is full.
 */
export async function openPostgresCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  log: (line: string) => void,
): Promise<PostgresCluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const directory = join(dataDir, "cluster");
  const passwordFile = join(dataDir, "password");
  const owner = await ownerOf(directory);
  if (owner === undefined) return createCluster(dataDir, directory, passwordFile, binaries, log);

  const ourUid = process.getuid?.() ?? 0;
  if (ourUid !== 0 && owner.uid !== ourUid) {
    throw new EmbeddedError(
      `The database in ${directory} belongs to user ${owner.uid}: start as that user (or as root), or choose another data directory.`,
    );
  }
  if (!(await readdir(directory)).includes("PG_VERSION")) throw damaged(directory, "PG_VERSION is missing");
  const password = await readFile(passwordFile, "utf8").catch(() => {
    throw damaged(directory, `${passwordFile} is missing`);
  });
  return { directory, password: password.trim(), user: ourUid === 0 ? owner : undefined };
}

export function damaged(directory: string, reason: string): EmbeddedError {
  return new EmbeddedError(
    `The database in ${directory} is damaged (${reason}): put a backup in its place, or move it away to begin anew.`,
  );
}

async function createCluster(
  dataDir: string,
  directory: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  log: (line: string) => void,
): Promise<PostgresCluster> {
  const user = await findServerUser(log);
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  if (user) await chown(dataDir, user.uid, user.gid);
  await chmod(dataDir, 0o700);
  const password = randomBytes(24).toString("base64url");
  try {
    await writePrivateFile(passwordFile, `${password}\n`, user);
    await initialise(unfinished, dataDir, passwordFile, binaries, user);
    await createDatabase(unfinished, dataDir, binaries, user);
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (isDiskFull(error)) throw new EmbeddedError(`The disk that holds ${dataDir} is full.`, { cause: error });
    throw error;
  }
  return { directory, password, user };
}

async function initialise(
  directory: string,
  dataDir: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
): Promise<void> {
  const options = [
    `--pgdata=${directory}`,
    `--username=${databaseUser}`,
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
  ];
  await runAsUser(binaries.initdb, options, dataDir, binaries, user);
}

/** In single-user mode: no server, no client library, and it happens before the cluster gets its name. */
async function createDatabase(
  directory: string,
  dataDir: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
): Promise<void> {
  const options = ["--single", "-j", "-D", directory, "postgres"];
  await runAsUser(binaries.postgres, options, dataDir, binaries, user, `CREATE DATABASE ${databaseName};\n`);
}

async function runAsUser(
  file: string,
  args: readonly string[],
  dataDir: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  input?: string,
): Promise<void> {
  const command = await asServerUser(user, file, args, [binaries.root, dataDir]);
  const { file: program, arguments: words, ...identity } = command;
  const running = run(program, [...words], { cwd: dataDir, env: serverEnvironment, timeout: 120_000, ...identity });
  running.child.stdin?.end(input);
  await running;
}

async function writePrivateFile(path: string, content: string, user: ServerUser | undefined): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    if (user) await file.chown(user.uid, user.gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function ownerOf(path: string): Promise<ServerUser | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
