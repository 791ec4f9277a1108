/** An nginx of our own: one worker process, its files in a directory of its own, nothing logged but errors. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startServerProcess } from "@tera/embedded";
import { searchPath } from "./config.ts";
import { untilListening } from "./until-listening.ts";
import type { Workbench } from "./workbench.ts";

export interface Nginx {
  /** Of the master; its worker is its child. */
  readonly pid: number;
}

export interface NginxOptions {
  path: string;
  /** Its directory's name, unique. */
  name: string;
  /** Inside of `http { }`. */
  servers: string;
  /** All that it listens on. */
  ports: readonly number[];
}

const endSteps = [{ signal: "SIGTERM", waitMs: 3_000 }] as const;

/** Runs until the workbench is cleared. @throws with its last words when it does not start. */
export async function startNginx(
  workbench: Pick<Workbench, "directory" | "guard" | "defer">,
  { path, name, servers, ports }: NginxOptions,
): Promise<Nginx> {
  const directory = join(workbench.directory, name);
  await mkdir(join(directory, "temp"), { recursive: true });
  const configuration = join(directory, "nginx.conf");
  await writeFile(configuration, render(directory, servers));
  const server = await startServerProcess(
    {
      file: path,
      arguments: ["-p", directory, "-e", "stderr", "-c", configuration],
      cwd: directory,
      environment: { PATH: searchPath, LC_ALL: "C" },
    },
    { log: () => undefined, guard: workbench.guard, guardSignal: "SIGTERM" },
  );
  workbench.defer(async () => {
    await server.end(endSteps);
  });
  await untilListening(ports, server.exited);
  return { pid: server.pid };
}

function render(directory: string, servers: string): string {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${directory}/temp/${kind};`,
  );
  return `
daemon off;
# The directory belongs to whoever runs the benchmark, and so must the worker.
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_body_buffer_size 64k;
  ${temp.join("\n  ")}
${servers}
}
`;
}
