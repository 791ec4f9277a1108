/**
 * Portkey's gateway (`@portkey-ai/gateway`, MIT), for comparison. It and its 90 dependencies are no part of Tera's own: they are installed when a
 * benchmark asks for them, into a folder that git ignores, and none of their install scripts is run.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const portkeyVersion = "1.15.2";
const installTimeoutMs = 180_000;
const cache = join(import.meta.dirname, "..", "..", ".cache", `portkey-${portkeyVersion}`);
const program = join(cache, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");

/** @returns the path of its server program, or the reason why there is none, as the end of a sentence. */
export async function ensurePortkey(say: (line: string) => void): Promise<{ path: string } | { missing: string }> {
  if (existsSync(program)) return { path: program };
  say(`Portkey ${portkeyVersion} is missing: installing it with npm`);
  await mkdir(cache, { recursive: true });
  const words = ["install", "--prefix", cache, "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"];
  try {
    await run("npm", [...words, `@portkey-ai/gateway@${portkeyVersion}`], { cwd: cache, timeout: installTimeoutMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    return { missing: `npm could not install Portkey ${portkeyVersion} (${reason})` };
  }
  return existsSync(program) ? { path: program } : { missing: `Portkey ${portkeyVersion} has no server program` };
}
