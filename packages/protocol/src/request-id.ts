/** Ids that Tera makes: short, unguessable, free of anything that would need escaping. */
import { randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` random base62 characters (5.95 bits each), without modulo bias. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  }
  return text;
}

/** A request's id: `req_` + 22 characters (131 bits). The same value is `x-request-id`, the usage event's key and the job's id. */
export function newRequestId(): string {
  return `req_${randomBase62(22)}`;
}
