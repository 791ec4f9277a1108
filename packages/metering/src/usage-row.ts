/** `UsageRecord` as the columns of `usage_event`. */
import { type NewUsageEvent, usageEvent } from "@tera/database";
import type { BillingLane, UsageRecord } from "@tera/protocol";
import { getTableColumns } from "drizzle-orm";

const columnNames = new Map(Object.entries(getTableColumns(usageEvent)).map(([field, column]) => [field, column.name]));

/** What a record is charged. */
export interface Charge {
  chargeNano: bigint;
  priceId: string | undefined;
  lane: BillingLane;
}

/** One event for `settle_usage`: column name -> JSON value. The database adds when, and in which transaction. */
export function toUsageRow(record: UsageRecord, charge: Charge): Record<string, unknown> {
  const event: Omit<NewUsageEvent, "settledAt" | "ledgerTransactionId"> = {
    requestId: record.requestId,
    accountId: record.accountId,
    keyId: record.keyId,
    model: record.model,
    endpoint: record.endpoint,
    stream: record.stream,
    status: record.status,
    errorCode: record.errorCode ?? null,
    finishReason: record.finishReason ?? null,
    promptTokens: record.usage.promptTokens,
    cachedTokens: record.usage.cachedTokens,
    completionTokens: record.usage.completionTokens,
    reasoningTokens: record.usage.reasoningTokens,
    speechCharacters: record.usage.speechCharacters,
    usageSource: record.usage.source,
    gatewayId: record.gatewayId,
    workerId: record.workerId ?? null,
    runnerId: record.runnerId ?? null,
    attempts: record.attempts,
    failedAttempts: record.failedAttempts,
    admittedAt: new Date(record.admittedAtMs),
    lane: charge.lane,
    priceId: charge.priceId ?? null,
    chargeNano: charge.chargeNano,
    holds: record.billing?.holds ?? [],
    queueMs: record.queueMs ?? null,
    ttftMs: record.ttftMs ?? null,
    totalMs: record.totalMs,
  };
  return Object.fromEntries(
    Object.entries(event).map(([field, value]) => [
      columnNames.get(field) ?? field,
      // JSON has no number as large.
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}
