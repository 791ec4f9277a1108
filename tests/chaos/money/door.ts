/** A TCP door in front of a server: its address stays, while the server behind it is killed and started again elsewhere; and it can be shut. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Door {
  readonly port: number;
  /** Where it leads from now on. */
  leadTo(port: number): void;
  /** Connections are cut, and new ones closed at once, until it is opened. */
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

export async function startDoor(): Promise<Door> {
  const sockets = new Set<Socket>();
  let target: number | undefined;
  let isShut = false;

  function track(socket: Socket, peer: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    // Cut by whoever was killed: the other side is told by the close.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      peer.destroy();
    });
    socket.pipe(peer);
  }

  const server = createServer((client) => {
    if (isShut || target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    track(client, upstream);
    track(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the door has no port");

  function cutAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    port: address.port,
    leadTo(port) {
      target = port;
    },
    shut() {
      isShut = true;
      cutAll();
    },
    open() {
      isShut = false;
    },
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
}
