/**
 * Slows down who guesses keys: an address has so many wrong ones at once, and then one every few seconds. Keys that are in memory are let in all the same, so that a
 * customer is not locked out by a neighbour behind the same address; only a key that would have to be looked up waits. Memory is bounded: the address that was wrong
 * longest ago is forgotten first.
 */
import { isIPv6 } from "node:net";

export interface BadKeyThrottle {
  /** Until a key that is not in memory may be tried from there; 0: now. Milliseconds. */
  waitMs(address: string): number;
  /** A wrong key came from there. */
  count(address: string): void;
  /** Nobody has been wrong of late. */
  readonly idle: boolean;
}

export interface BadKeyThrottleOptions {
  /** Wrong keys at once; 20 when absent. */
  burst?: number;
  /** After that, one in so many milliseconds; 3 s when absent. */
  everyMs?: number;
  /** Addresses that are remembered; 10,000 when absent. */
  addressesMax?: number;
  /** Milliseconds that only grow; for tests. */
  now?: () => number;
}

export function createBadKeyThrottle(options: BadKeyThrottleOptions = {}): BadKeyThrottle {
  const { burst = 20, everyMs = 3_000, addressesMax = 10_000, now = () => performance.now() } = options;
  /** Network -> when all that it was wrong will be forgiven; the one that was wrong longest ago first. */
  const forgivenAtMs = new Map<string, number>();

  return {
    waitMs(address) {
      const forgiven = forgivenAtMs.get(networkOf(address));
      return forgiven === undefined ? 0 : Math.max(0, forgiven - now() - (burst - 1) * everyMs);
    },
    count(address) {
      const network = networkOf(address);
      const nowMs = now();
      const before = Math.max(nowMs, forgivenAtMs.get(network) ?? 0);
      forgivenAtMs.delete(network);
      // Keys that were under way together may go over the burst; nobody waits longer than for one more.
      forgivenAtMs.set(network, Math.min(before, nowMs + (burst - 1) * everyMs) + everyMs);
      for (const [oldest, forgiven] of forgivenAtMs) {
        if (forgiven > nowMs && forgivenAtMs.size <= addressesMax) break;
        forgivenAtMs.delete(oldest);
      }
    },
    get idle() {
      return forgivenAtMs.size === 0;
    },
  };
}

/** Whoever has one IPv6 address has all of its /64. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
