/** A TCP proxy in front of a real Postgres, so that a test can take Postgres away and bring it back without touching the shared server. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface BreakableProxy {
  /** The given URL, by way of the proxy. */
  url: string;
  /** Connections are cut, new ones are closed at once. */
  break(): void;
  /** Connections stay open, but nothing passes any more: what a partition looks like. */
  freeze(): void;
  /** Everything passes again. */
  heal(): void;
  close(): Promise<void>;
}

export async function startBreakableProxy(targetUrl: string): Promise<BreakableProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let state: "open" | "broken" | "frozen" = "open";

  function track(socket: Socket, peer: Socket): void {
    sockets.add(socket);
    // A cut is what this proxy is for; the other side is told by the close.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      peer.destroy();
    });
    if (state === "frozen") socket.pause();
  }

  const server = createServer((client) => {
    if (state === "broken") {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    client.on("data", (chunk) => upstream.write(chunk));
    upstream.on("data", (chunk) => client.write(chunk));
    track(client, upstream);
    track(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const url = new URL(targetUrl);
  url.hostname = "127.0.0.1";
  url.port = String(address.port);

  function cutAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    url: url.href,
    break() {
      state = "broken";
      cutAll();
    },
    freeze() {
      state = "frozen";
      for (const socket of sockets) socket.pause();
    },
    heal() {
      state = "open";
      for (const socket of sockets) socket.resume();
    },
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
}
