/**
 * Lends the services of one process (vitest's main process) to others (its workers) over HTTP on the loopback interface:
 * `POST /database` and `POST /redis` answer `{id, url, pid?}`, `DELETE /<id>` gives it back.
 */
import { createServer } from "node:http";
import type { TestServices } from "./services.ts";

export interface ServicesServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveTestServices(services: TestServices): Promise<ServicesServer> {
  const lent = new Map<string, () => Promise<void>>();
  let count = 0;

  async function lend(kind: string): Promise<object> {
    const id = `${++count}`;
    if (kind === "database") {
      const { url, drop } = await services.createDatabase();
      lent.set(id, drop);
      return { id, url };
    }
    const { url, pid, stop } = await services.createRedis();
    lent.set(id, stop);
    return { id, url, pid };
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    const work = request.method === "DELETE" ? (lent.get(path)?.() ?? Promise.resolve()).then(() => ({})) : lend(path);
    work.then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a TCP listener has an address");

  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
