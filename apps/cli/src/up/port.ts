/** Looks whether gateway and dashboard will get their ports, before anything is started: the answer in half a second instead of after a minute. */
import { once } from "node:events";
import { createServer } from "node:net";
import { UpError } from "./up-error.ts";

/** @throws {UpError} when the port is taken, not allowed, or the host is not an address of this machine. */
export async function checkPort(host: string, port: number, flag: "--port" | "--dashboard-port"): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new UpError(
        `Port ${port} of ${host} is in use: choose another with ${flag} (0: any), or stop what uses it.`,
      );
    }
    if (code === "EACCES") throw new UpError(`Port ${port} is for root only: choose one above 1023 with ${flag}.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new UpError(`--host ${host} is not an address of this machine.`);
    }
    throw error;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, "close");
    }
  }
}
