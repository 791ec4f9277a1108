/** The port that a server is told to listen on. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections: a server may take minutes until it listens, and the port must still be free then.
 * So wide that two servers of one machine hardly ever get the same; when they do, the one that comes second ends and gets another.
 */
const rangeMin = 20_000;
const rangeMax = 29_999;
const triesMax = 50;
const connectTimeoutMs = 1_000;

/** @throws when none was found that is free. */
export async function findFreePort(host: string): Promise<number> {
  for (let tried = 0; tried < triesMax; tried++) {
    const port = randomInt(rangeMin, rangeMax + 1);
    if (await canListen(host, port)) return port;
  }
  throw new Error(`no free port was found on ${host} between ${rangeMin} and ${rangeMax}`);
}

/** Whether somebody answers there already: our health check would take it for the server that we start. */
export async function isPortTaken(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(connectTimeoutMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
