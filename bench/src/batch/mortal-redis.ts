/** A Redis that can be killed, and comes back at the same address, empty, as Tera runs it. */
import { ensureRedisServer, findFreePort, type ServerProcess, startServerProcess } from "@tera/embedded";
import type { TestRedis } from "@tera/testkit";
import type { Workbench } from "../workbench.ts";

export interface MortalRedis extends TestRedis {
  /** `kill -9`, and a new one in its place. */
  replace(): Promise<void>;
}

const log = () => undefined;

/** Stopped with the workbench. */
export async function startMortalRedis({ directory, guard, defer }: Workbench): Promise<MortalRedis> {
  const { path } = await ensureRedisServer({ log });
  const port = await findFreePort();
  const settings = { bind: "127.0.0.1", port: String(port), dir: directory, save: "", appendonly: "no" };

  async function start(): Promise<ServerProcess> {
    const server = await startServerProcess(
      {
        file: path,
        arguments: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        cwd: directory,
        environment: {},
      },
      { log, guard, guardSignal: "SIGTERM" },
    );
    const outcome = await server.untilLine(/ready to accept connections/i);
    if (typeof outcome !== "string") throw new Error(`Redis does not start:\n${outcome.lastLines.join("\n")}`);
    return server;
  }

  let server = await start();
  async function end(): Promise<void> {
    await server.end([{ signal: "SIGTERM", waitMs: 2_000 }]);
  }
  defer(end);
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: server.pid,
    stop: end,
    async replace() {
      process.kill(server.pid, "SIGKILL");
      await server.exited;
      server = await start();
    },
  };
}
