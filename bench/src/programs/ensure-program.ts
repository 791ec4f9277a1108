/** Programs of others that make a figure better, and that a benchmark can do without: found, or installed where that needs no question. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { installSystemPackage } from "@tera/embedded";
import { searchPath } from "../config.ts";

const run = promisify(execFile);

interface ProgramSource {
  /** Arguments that make it print its version and end; the exit code does not matter. */
  versionArguments: readonly string[];
  apt: string;
  brew: string;
  aptService?: string;
}

const sources = {
  nginx: { versionArguments: ["-v"], apt: "nginx-light", brew: "nginx", aptService: "nginx" },
  wrk: { versionArguments: ["-v"], apt: "wrk", brew: "wrk" },
} as const satisfies Record<string, ProgramSource>;

export type ProgramName = keyof typeof sources;

/** @returns its path and version, or the reason why there is none, as the end of a sentence. */
export async function ensureProgram(
  name: ProgramName,
  say: (line: string) => void,
): Promise<{ path: string; version: string } | { missing: string }> {
  const source = sources[name];
  const present = await findProgram(name, source);
  if (present !== undefined) return present;
  const install = await installSystemPackage(source, (installer) =>
    say(`${name} is missing: installing it with ${installer}`),
  );
  if (install.outcome === "no-installer")
    return { missing: `${name} is not installed, and there is no way to install it without asking` };
  if (install.outcome === "failed")
    return { missing: `${name} is not installed, and \`${install.command}\` failed (${install.lastLine})` };
  return (await findProgram(name, source)) ?? { missing: `${install.installer} brought no ${name}` };
}

async function findProgram(
  name: string,
  { versionArguments }: ProgramSource,
): Promise<{ path: string; version: string } | undefined> {
  const found = await run("/bin/sh", ["-c", `command -v ${name}`], { env: { PATH: searchPath } }).catch(
    () => undefined,
  );
  const path = found?.stdout.trim();
  if (path === undefined || path === "") return undefined;
  const said = await run(path, [...versionArguments], { timeout: 10_000 }).catch((error: unknown) => error);
  return { path, version: /\d+(?:\.\d+)+/.exec(outputOf(said))?.[0] ?? "of unknown version" };
}

/** Of a finished execFile, also of one that ended with an error: wrk exits with 1 after `-v`. */
function outputOf(result: unknown): string {
  if (typeof result !== "object" || result === null) return "";
  const stdout = "stdout" in result ? String(result.stdout) : "";
  const stderr = "stderr" in result ? String(result.stderr) : "";
  return stdout + stderr;
}
