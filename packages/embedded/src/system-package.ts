/**
 * Installs a program with the system's own package manager, where that needs no question: apt-get as root (or through a sudo that asks nothing), or
 * Homebrew. What npm cannot bring comes from here.
 */
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface SystemPackage {
  apt: string;
  brew: string;
  /** The system service that the Debian package brings, which we do not want: what Tera runs, it starts by itself. */
  aptService?: string;
}

/** What became of it; `command` is the one that failed. */
export type SystemInstall =
  | { outcome: "installed"; installer: string }
  | { outcome: "failed"; installer: string; command: string; lastLine: string }
  | { outcome: "no-installer" };

/** @param log one line before the work begins: it can take a minute. */
export async function installSystemPackage(
  wanted: SystemPackage,
  log: (installer: string) => void,
): Promise<SystemInstall> {
  const installer = await findInstaller(wanted);
  if (installer === undefined) return { outcome: "no-installer" };
  log(installer.name);
  for (const command of installer.commands) {
    const { code, lastLine } = await execute(command);
    if (code === 0 || command.mayFail) continue;
    return { outcome: "failed", installer: installer.name, command: command.words.join(" "), lastLine };
  }
  return { outcome: "installed", installer: installer.name };
}

interface InstallCommand {
  words: readonly string[];
  mayFail?: boolean;
}

interface Installer {
  name: string;
  commands: readonly InstallCommand[];
}

async function findInstaller(wanted: SystemPackage): Promise<Installer | undefined> {
  if (process.platform === "linux" && (await isThere("apt-get"))) {
    const asRoot = await rootPrefix();
    if (asRoot) return { name: "apt-get", commands: aptCommands(asRoot, wanted) };
  }
  if (await isThere("brew")) return { name: "brew", commands: [{ words: ["brew", "install", wanted.brew] }] };
  return undefined;
}

/** RUNLEVEL=1 (System V) and SYSTEMD_OFFLINE=1 keep the install from starting a service; disabling it keeps the next boot from that. */
function aptCommands(asRoot: readonly string[], { apt: name, aptService }: SystemPackage): InstallCommand[] {
  const apt = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "SYSTEMD_OFFLINE=1", "apt-get", "-qq"];
  const options = ["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60"];
  const commands: InstallCommand[] = [
    // A stale mirror in the list must not keep us from a package that the others have.
    { words: [...apt, ...options, "update"], mayFail: true },
    { words: [...apt, ...options, "install", "--yes", "--no-install-recommends", name] },
  ];
  if (aptService !== undefined)
    commands.push({ words: [...asRoot, "systemctl", "disable", aptService], mayFail: true });
  return commands;
}

/** @returns the words that make a command run as root without a question, or undefined. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  return (await succeeds("sudo", ["-n", "true"])) ? ["sudo", "-n"] : undefined;
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
