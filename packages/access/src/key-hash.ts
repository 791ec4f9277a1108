/**
 * The keyed hash under which a key is stored and looked up: HMAC-SHA-256. A stolen database alone tests no guess.
 *
 * The HMAC's own key is derived from the installation's secret for this purpose only, so that the secret can serve others too. Look-ups go by the
 * hash, through a unique index: what an attacker could time is the HMAC of his guess, which tells him nothing.
 */
import { createHmac, hkdfSync } from "node:crypto";

const secretLengthMin = 32;

/** @throws {RangeError} when the secret is too short to be one. */
export function createKeyHasher(secret: string): (apiKey: string) => Buffer {
  if (secret.length < secretLengthMin) {
    throw new RangeError(`the secret must have at least ${secretLengthMin} characters`);
  }
  const hmacKey = Buffer.from(hkdfSync("sha256", secret, "", "tera api key hash v1", 32));
  return (apiKey) => createHmac("sha256", hmacKey).update(apiKey).digest();
}
