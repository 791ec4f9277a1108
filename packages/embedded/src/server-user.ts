/**
 * As whom Postgres runs. It refuses root, so a root parent (containers, CI) hands it to another user; anybody else runs it as themselves.
 *
 * That user often cannot even reach the files: the checkout or the data directory lies under /root or a `mktemp -d`, both of mode 0700. Where that is so,
 * setpriv starts the server with one capability, CAP_DAC_READ_SEARCH: it may pass directories and read files that are not its own, and nothing more.
 * `no_setuid_fixup` is needed because initdb asks access(2), which judges by the permitted capabilities of the real user.
 */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { EmbeddedError } from "./embedded-error.ts";

const run = promisify(execFile);

export interface ServerUser {
  uid: number;
  gid: number;
}

/** The part of a command that says as whom it runs. */
export interface CommandAsUser {
  file: string;
  arguments: readonly string[];
  uid?: number;
  gid?: number;
}

/** @returns undefined when the server simply runs as we do. */
export async function findServerUser(log: (line: string) => void): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const present = await lookUp("postgres");
  if (present) return present;
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
    log("created the system user postgres, because Postgres does not run as root");
  } catch (error) {
    log(`could not create the system user postgres (${String(error)}): Postgres runs as nobody`);
  }
  return (await lookUp("postgres")) ?? (await lookUp("nobody")) ?? { uid: 65_534, gid: 65_534 };
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [user, group] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(user.stdout), gid: Number(group.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * @param reads directories that the program needs to reach.
 * @throws {EmbeddedError} when the user cannot reach them and this system has no setpriv.
 */
export async function asServerUser(
  user: ServerUser | undefined,
  file: string,
  args: readonly string[],
  reads: readonly string[],
): Promise<CommandAsUser> {
  if (!user) return { file, arguments: args };
  const reachable = await Promise.all(reads.map((directory) => canReach(user, directory)));
  if (reachable.every(Boolean)) return { file, arguments: args, ...user };
  if (process.platform !== "linux" || !(await hasSetpriv())) {
    throw new EmbeddedError(
      `Postgres does not run as root, and its user ${user.uid} cannot reach ${reads.join(" and ")}: start as another user, install setpriv (util-linux), or set DATABASE_URL.`,
    );
  }
  return {
    file: "setpriv",
    arguments: [
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      "--clear-groups",
      "--securebits=+no_setuid_fixup",
      "--inh-caps=+dac_read_search",
      "--ambient-caps=+dac_read_search",
      file,
      ...args,
    ],
  };
}

/** True when every directory from the root down lets this user pass. */
async function canReach(user: ServerUser, directory: string): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const mayPass = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
    if (mayPass === 0) return false;
    if (path === dirname(path)) return true;
  }
}

async function hasSetpriv(): Promise<boolean> {
  // BusyBox has a setpriv of its own that knows no securebits.
  const help = await run("setpriv", ["--help"]).catch(() => ({ stdout: "" }));
  return help.stdout.includes("--securebits");
}
