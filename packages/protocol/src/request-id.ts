/** Ids that Tera makes: short, unguessable, free of anything that would need escaping. */
import { randomFillSync } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The system's randomness, fetched for many ids at once: fetched for each, it is a twentieth of what a request costs the gateway. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

function nextByte(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++] ?? 0;
}

/** `length` random base62 characters (5.95 bits each), without modulo bias. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    const byte = nextByte();
    if (byte < 248) text += alphabet[byte % 62];
  }
  return text;
}

/** A request's id: `req_` + 22 characters (131 bits). The same value is `x-request-id`, the usage event's key and the job's id. */
export function newRequestId(): string {
  return `req_${randomBase62(22)}`;
}
