/** A proxy with TLS in front of a server of this machine, as operators put one there: the Host stays, the client's address is added to X-Forwarded-For. */
import { once } from "node:events";
import { request as askUpstream } from "node:http";
import { createServer } from "node:https";

export interface TlsProxy {
  /** Where it passes requests on to; unset, it answers none. */
  upstreamPort: number | undefined;
  readonly port: number;
  close(): Promise<void>;
}

/** @param clientAddress where all of its clients seem to come from */
export async function startTlsProxy(options: { cert: Buffer; key: Buffer; clientAddress: string }): Promise<TlsProxy> {
  const { cert, key, clientAddress } = options;
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwardedFor = [headers["x-forwarded-for"], clientAddress].flat().filter(Boolean).join(", ");
    const upstream = askUpstream(
      {
        host: "127.0.0.1",
        port: proxy.upstreamPort,
        method,
        path: url,
        headers: { ...headers, "x-forwarded-for": forwardedFor, "x-forwarded-proto": "https" },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    upstream.on("error", () => outgoing.destroy());
    outgoing.on("close", () => upstream.destroy());
    incoming.pipe(upstream);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a TCP listener has an address");
  const proxy: TlsProxy = {
    upstreamPort: undefined,
    port: address.port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return proxy;
}
