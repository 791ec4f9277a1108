/** Runs servers-owner.ts and waits until its servers are up. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Owner {
  process: ChildProcess;
  postgres: number;
  redis: number;
  url: string;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

export async function startOwner(dataDir: string, mode: "guarded" | "unguarded"): Promise<Owner> {
  const program = fileURLToPath(new URL("servers-owner.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dataDir, mode], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { postgres, redis, url } = JSON.parse(String(line));
  return {
    process: child,
    postgres,
    redis,
    url,
    async kill() {
      const closed = once(child, "exit");
      child.kill("SIGKILL");
      await closed;
    },
  };
}
