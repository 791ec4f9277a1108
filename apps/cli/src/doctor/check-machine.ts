/** The machine: Node, the disk, the data directory, the port, the programs that `tera up` starts. */
import { stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { findRedisBinary } from "@tera/embedded";
import type { FoundStack } from "../stack/find-stack.ts";
import type { Finding } from "./finding.ts";

const nodeMajorMin = 24;
const gib = 1024 ** 3;
/** Below the first the next start may fail; below the second it is time to look. */
const freeBrokenBytes = 0.5 * gib;
const freeWarningBytes = 5 * gib;
/** Where `tera up` and the gateway listen when nobody says otherwise. */
const usualPort = 8_787;

export function checkNode(version: string): Finding {
  const major = Number(version.split(".")[0]);
  if (major >= nodeMajorMin) return { check: "node", status: "ok", found: `Node ${version}.` };
  return {
    check: "node",
    status: "broken",
    found: `Node ${version} cannot run TypeScript as it is; ${nodeMajorMin} or newer can.`,
    fix: "Start Tera with npm start, which brings its own Node.",
  };
}

export async function checkDataDirectory(path: string): Promise<Finding> {
  const check = "data directory";
  const status = await stat(path).catch(() => undefined);
  if (status === undefined)
    return { check, status: "ok", found: `${path} is not there yet; the first start makes it.` };
  if (!status.isDirectory()) {
    return { check, status: "broken", found: `${path} is no directory.`, fix: "Move it away, or use --data-dir." };
  }
  if ((status.mode & 0o077) !== 0 && process.platform !== "win32") {
    return {
      check,
      status: "warning",
      found: `${path} holds secrets and can be read by other users of this machine.`,
      fix: `chmod 700 ${path}`,
    };
  }
  return { check, status: "ok", found: `${path}, for its owner only.` };
}

export async function checkDisk(dataDirectory: string): Promise<Finding> {
  const check = "disk";
  const place = await nearestExisting(dataDirectory);
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  const found = `${(freeBytes / gib).toFixed(1)} GiB free where ${dataDirectory} is.`;
  if (freeBytes >= freeWarningBytes) return { check, status: "ok", found };
  return {
    check,
    status: freeBytes < freeBrokenBytes ? "broken" : "warning",
    found,
    fix: "Free some space, or choose another disk with --data-dir.",
  };
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const parent = dirname(path);
  return exists || parent === path ? path : nearestExisting(parent);
}

/** The Redis server that `tera up` would start. */
export async function checkRedisProgram(searchPath: string | undefined): Promise<Finding> {
  const binary = await findRedisBinary(searchPath);
  if (binary !== undefined) {
    return { check: "redis program", status: "ok", found: `${binary.path} ${binary.version}.` };
  }
  return {
    check: "redis program",
    status: "broken",
    found: "There is no redis-server or valkey-server 6.2 or newer on the PATH.",
    fix: "npm start installs it where it may; else: apt-get install redis-server, or brew install redis, or set REDIS_URL.",
  };
}

/** Whether `tera up` could listen. Only asked when nothing of ours runs. */
export async function checkPort(port: number = usualPort): Promise<Finding> {
  const check = "port";
  const code = await tryToListen(port);
  if (code === undefined) return { check, status: "ok", found: `${port} is free.` };
  return {
    check,
    status: "broken",
    found: `${port} cannot be used (${code}): another program listens on it.`,
    fix: `Stop that program (lsof -i :${port} names it), or start with: npm start -- --port 8788`,
  };
}

function tryToListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}

const apiTimeoutMs = 3_000;

/** Whether the API of the stack that runs answers, and as a gateway of ours: with 401, because no key is sent. */
export async function checkApi(stack: FoundStack): Promise<Finding> {
  const check = "api";
  const { running } = stack;
  if (running === undefined) {
    return {
      check,
      status: "warning",
      found: `No Tera runs on ${stack.dataDirectory}.`,
      fix: "Start one: npm start",
    };
  }
  const fix = `See the gateway's log in ${stack.dataDirectory}/logs, then start again: npm start`;
  try {
    const response = await fetch(`${running.api}/models`, { signal: AbortSignal.timeout(apiTimeoutMs) });
    if (response.status === 401 && response.headers.has("x-tera-request-id")) {
      return { check, status: "ok", found: `${running.api} answers (process ${running.pid}).` };
    }
    return {
      check,
      status: "broken",
      found: `${running.api} answers, but not as Tera does (${response.status}).`,
      fix,
    };
  } catch (error) {
    const reason =
      error instanceof Error && error.name === "TimeoutError" ? `no answer in ${apiTimeoutMs} ms` : "refused";
    return { check, status: "broken", found: `${running.api} does not answer: ${reason}.`, fix };
  }
}
