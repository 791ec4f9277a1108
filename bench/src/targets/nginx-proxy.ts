/** nginx as a reverse proxy that passes everything on as it comes. */
import { findFreePort } from "@tera/embedded";
import { startNginx } from "../nginx.ts";
import { ensureProgram } from "../programs/ensure-program.ts";
import { chatPath, type Engine, type StartTargetOptions, type Target } from "./target.ts";

/** @returns the reason as the end of a sentence when there is no nginx. */
export async function startNginxProxy({
  workbench,
  engines,
}: StartTargetOptions): Promise<Target | { missing: string }> {
  const program = await ensureProgram("nginx", workbench.say);
  if ("missing" in program) return program;
  const ports = await Promise.all(engines.map(() => findFreePort()));
  const servers = engines.map((engine, index) => server(engine, `engine${index}`, ports[index] ?? 0)).join("\n");
  const { pid } = await startNginx(workbench, { path: program.path, name: "nginx-proxy", servers, ports });
  return {
    name: "nginx",
    endpoints: engines.map(({ model }, index) => ({
      url: `http://127.0.0.1:${ports[index]}${chatPath}`,
      headers: {},
      model,
    })),
    processes: { nginx: pid },
    version: program.version,
  };
}

function server({ url }: Engine, upstream: string, port: number): string {
  return `
  upstream ${upstream} {
    server ${new URL(url).host};
    keepalive 1024;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }
  }`;
}
