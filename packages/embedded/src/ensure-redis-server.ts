/**
 * Makes sure that this machine has a Redis server program. It is the one thing that npm cannot bring: it is found, or installed with the system's own package
 * manager where that needs no question, or the error names the command to run.
 */
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { EmbeddedError } from "./embedded-error.ts";
import { findRedisBinary, type RedisBinary } from "./redis-binary.ts";

const run = promisify(execFile);

/** @throws {EmbeddedError} with the exact command when it is missing and cannot be installed without asking. */
export async function ensureRedisServer({ log }: { log: (line: string) => void }): Promise<RedisBinary> {
  const present = await findRedisBinary();
  if (present) return present;
  const installer = await findInstaller();
  if (!installer) throw new EmbeddedError(`Redis (6.2 or newer) is missing. Install it and start again: ${byHand()}`);
  log(`Redis is missing: installing it with ${installer.name}`);
  for (const command of installer.commands) {
    const outcome = await execute(command);
    if (outcome.code !== 0 && !command.mayFail) {
      throw new EmbeddedError(
        `Redis is missing and \`${command.words.join(" ")}\` failed (${outcome.lastLine}). Install it and start again: ${byHand()}`,
      );
    }
  }
  const installed = await findRedisBinary();
  if (!installed) {
    throw new EmbeddedError(`${installer.name} brought no Redis of version 6.2 or newer. Install one: ${byHand()}`);
  }
  log(`installed Redis ${installed.version}`);
  return installed;
}

interface InstallCommand {
  words: readonly string[];
  mayFail?: boolean;
}

interface Installer {
  name: string;
  commands: readonly InstallCommand[];
}

async function findInstaller(): Promise<Installer | undefined> {
  if (process.platform === "linux" && (await isThere("apt-get"))) {
    const asRoot = await rootPrefix();
    if (asRoot) return { name: "apt-get", commands: aptCommands(asRoot) };
  }
  if (await isThere("brew")) return { name: "brew", commands: [{ words: ["brew", "install", "redis"] }] };
  return undefined;
}

/**
 * The Debian package comes with a system service, which we do not want: Tera runs a Redis of its own. RUNLEVEL=1 (System V) and SYSTEMD_OFFLINE=1 keep the install from
 * starting it; disabling it keeps the next boot from that.
 */
function aptCommands(asRoot: readonly string[]): InstallCommand[] {
  const apt = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "SYSTEMD_OFFLINE=1", "apt-get", "-qq"];
  const options = ["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60"];
  return [
    // A stale mirror in the list must not keep us from a Redis that the others have.
    { words: [...apt, ...options, "update"], mayFail: true },
    { words: [...apt, ...options, "install", "--yes", "--no-install-recommends", "redis-server"] },
    { words: [...asRoot, "systemctl", "disable", "redis-server"], mayFail: true },
  ];
}

/** @returns the words that make a command run as root without a question, or undefined. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  return (await succeeds("sudo", ["-n", "true"])) ? ["sudo", "-n"] : undefined;
}

function byHand(): string {
  return process.platform === "darwin"
    ? "brew install redis"
    : "sudo apt-get install redis-server (or your system's package for Redis or Valkey)";
}

const isThere = (program: string): Promise<boolean> => succeeds(program, ["--version"]);

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, [...args], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

async function execute({ words }: InstallCommand): Promise<{ code: number | null; lastLine: string }> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let lastLine = "";
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      if (line.trim() !== "") lastLine = line.trim();
    });
  }
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, lastLine: error.message }));
    child.once("close", (code) => resolve({ code, lastLine }));
  });
}
