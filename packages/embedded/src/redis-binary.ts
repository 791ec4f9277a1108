/** Finds a Redis server program: `redis-server` or `valkey-server` of version 6.2 or newer, on the PATH or where Homebrew puts it. */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface RedisBinary {
  path: string;
  /** `7.0.15` */
  version: string;
}

const names = ["redis-server", "valkey-server"];
const moreDirectories = ["/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin", "/usr/sbin"];

/** @returns undefined when there is none that is new enough. */
export async function findRedisBinary(searchPath = process.env["PATH"] ?? ""): Promise<RedisBinary | undefined> {
  const directories = [...searchPath.split(delimiter).filter((directory) => directory !== ""), ...moreDirectories];
  for (const directory of directories) {
    for (const name of names) {
      const path = join(directory, name);
      if (!(await isExecutable(path))) continue;
      const version = await versionOf(path);
      if (version !== undefined && isNewEnough(version)) return { path, version };
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function versionOf(path: string): Promise<string | undefined> {
  // "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=..."; Valkey says "Valkey server v=8.0.1 ...".
  const said = await run(path, ["--version"], { timeout: 5_000 }).catch(() => ({ stdout: "" }));
  return /\bv=(\d+\.\d+\.\d+)/.exec(said.stdout)?.[1];
}

/** 6.2 brought XAUTOCLAIM, which gives abandoned jobs to another worker. */
function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 2);
}
