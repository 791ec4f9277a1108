/** What a request has used, for tests of what becomes of it. */
import { newRequestId, type UsageRecord } from "@tera/protocol";

export interface UsageRecordChange extends Partial<Omit<UsageRecord, "usage">> {
  usage?: Partial<UsageRecord["usage"]>;
}

/** @returns the record of one chat request that succeeded at noon of 2026-11-23, with one prompt and one completion token, and a request id of its own; in all else as `change` says. */
export function newUsageRecord({ requestId, usage, ...change }: UsageRecordChange = {}): UsageRecord {
  return {
    version: 1,
    requestId: requestId ?? newRequestId(),
    accountId: "acct_1",
    keyId: "key_1",
    model: "m",
    endpoint: "chat",
    stream: true,
    status: "succeeded",
    usage: {
      promptTokens: 1,
      cachedTokens: 0,
      completionTokens: 1,
      reasoningTokens: 0,
      speechCharacters: 0,
      source: "engine",
      ...usage,
    },
    gatewayId: "g1",
    attempts: 1,
    failedAttempts: [],
    admittedAtMs: Date.UTC(2026, 10, 23, 12),
    totalMs: 5,
    ...change,
  };
}
