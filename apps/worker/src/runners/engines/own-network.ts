/** Tells an address on the operator's own network from one on the internet. */
import { BlockList, isIP } from "node:net";

const own = new BlockList();
own.addSubnet("127.0.0.0", 8);
own.addSubnet("10.0.0.0", 8);
own.addSubnet("172.16.0.0", 12);
own.addSubnet("192.168.0.0", 16);
own.addSubnet("169.254.0.0", 16);
// Shared address space (RFC 6598): what overlay networks such as Tailscale give out.
own.addSubnet("100.64.0.0", 10);
own.addAddress("::1", "ipv6");
own.addSubnet("fc00::", 7, "ipv6");
own.addSubnet("fe80::", 10, "ipv6");

/** Names that no public name server knows (RFC 6761, RFC 6762, RFC 9476 and common use). */
const ownSuffixes = [".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".test"];

export function isOwnNetwork(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const version = isIP(host);
  if (version !== 0) return own.check(host, version === 6 ? "ipv6" : "ipv4");
  return !host.includes(".") || ownSuffixes.some((suffix) => host.endsWith(suffix));
}
