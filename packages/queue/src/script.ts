/** A Lua script in Redis: sent by its hash, and whole only to a Redis that does not know it yet. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "./connection.ts";

export interface Script {
  run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** @param files in `scripts/`; they are put one behind the other. */
export function loadScript(...files: readonly string[]): Script {
  const text = files.map((file) => readFileSync(new URL(`./scripts/${file}`, import.meta.url), "utf8")).join("\n");
  const sha = createHash("sha1").update(text).digest("hex");
  return {
    async run(redis, keys, args) {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return redis.eval(text, keys.length, ...keys, ...args);
      }
    },
  };
}
