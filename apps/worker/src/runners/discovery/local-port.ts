/** Which port of this machine an address means, if it is one of this machine. */
import { hostname } from "node:os";

const ownNames = new Set(["localhost", "0.0.0.0", "[::1]", "[::]"]);

/** @param address `host:port`, as a runner's status has it; the port may be absent where it is HTTP's own. */
export function localPortOf(address: string): number | undefined {
  const url = URL.parse(`http://${address}`);
  if (url === null) return undefined;
  const isOwn =
    ownNames.has(url.hostname) || /^127(\.\d+){3}$/.test(url.hostname) || url.hostname === hostname().toLowerCase();
  return isOwn ? Number(url.port || 80) : undefined;
}
