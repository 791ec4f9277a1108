/**
 * Makes sure that this machine has a Redis server program. It is the one thing that npm cannot bring: it is found, or installed with the system's own package
 * manager where that needs no question, or the error names the command to run.
 */
import { EmbeddedError } from "./embedded-error.ts";
import { findRedisBinary, type RedisBinary } from "./redis-binary.ts";
import { installSystemPackage } from "./system-package.ts";

/** @throws {EmbeddedError} with the exact command when it is missing and cannot be installed without asking. */
export async function ensureRedisServer({ log }: { log: (line: string) => void }): Promise<RedisBinary> {
  const present = await findRedisBinary();
  if (present) return present;
  const install = await installSystemPackage(
    { apt: "redis-server", brew: "redis", aptService: "redis-server" },
    (installer) => log(`Redis is missing: installing it with ${installer}`),
  );
  switch (install.outcome) {
    case "no-installer":
      throw new EmbeddedError(`Redis (6.2 or newer) is missing. Install it and start again: ${byHand()}`);
    case "failed":
      throw new EmbeddedError(
        `Redis is missing and \`${install.command}\` failed (${install.lastLine}). Install it and start again: ${byHand()}`,
      );
    case "installed": {
      const installed = await findRedisBinary();
      if (!installed) {
        throw new EmbeddedError(
          `${install.installer} brought no Redis of version 6.2 or newer. Install one: ${byHand()}`,
        );
      }
      log(`installed Redis ${installed.version}`);
      return installed;
    }
  }
}

function byHand(): string {
  return process.platform === "darwin"
    ? "brew install redis"
    : "sudo apt-get install redis-server (or your system's package for Redis or Valkey)";
}
