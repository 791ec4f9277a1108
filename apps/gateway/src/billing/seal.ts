/**
 * The seal of a request: proves to any gateway that one of them admitted it, for this account and on these terms.
 *
 * A worker sends it back with its copy of the usage, and can neither make one nor change what it covers: who steals a worker's password for Redis cannot charge
 * an account for requests that were never made. An HMAC-SHA-256, cut to 128 bits, under a key that is derived from the installation's secret for this alone.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { UsageRecord } from "@tera/protocol";

type Sealed = Pick<UsageRecord, "requestId" | "accountId" | "keyId" | "model" | "admittedAtMs" | "billing">;

export interface Sealer {
  seal(request: Sealed): string;
  /** False for a copy whose request no gateway with this secret has admitted. */
  isGenuine(record: UsageRecord): boolean;
}

const sealBytes = 16;

export function createSealer(secret: string): Sealer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "tera usage seal v1", 32));

  function compute({ requestId, accountId, keyId, model, admittedAtMs, billing }: Sealed): Buffer {
    const holds = billing?.holds.map(({ purseId, leaseId }) => [purseId, leaseId ?? null]) ?? [];
    const text = JSON.stringify([requestId, accountId, keyId, model, admittedAtMs, billing?.priceId ?? null, holds]);
    return createHmac("sha256", key).update(text).digest().subarray(0, sealBytes);
  }

  return {
    seal: (request) => compute(request).toString("base64url"),
    isGenuine(record) {
      const given = Buffer.from(record.seal ?? "", "base64url");
      return given.length === sealBytes && timingSafeEqual(given, compute(record));
    },
  };
}
