/**
 * A plain reverse proxy in Node: `node node-proxy-main.ts http://engine ...`, a listener for each engine. Connections are kept alive on both sides,
 * bodies are piped as they come. It knows nothing of what passes through it.
 *
 * Tells its parent `{type: "ready", ports}` and ends with it, or on SIGTERM.
 */
import { once } from "node:events";
import { Agent, createServer, request as openRequest, type Server } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

async function listen(upstream: URL): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
    const forwarded = openRequest(
      {
        agent,
        hostname: upstream.hostname,
        port: upstream.port,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, host: upstream.host },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.once("error", () => response.destroy());
      },
    );
    forwarded.once("error", () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.once("close", () => forwarded.destroy());
    request.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has an address");
  return { server, port: address.port };
}

const listeners = await Promise.all(process.argv.slice(2).map((url) => listen(new URL(url))));

function end(): void {
  process.exit(0);
}
process.once("SIGTERM", end);
process.once("disconnect", end);
process.send?.({ type: "ready", ports: listeners.map(({ port }) => port) });
