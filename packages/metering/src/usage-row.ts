/** `UsageRecord` as the columns of `usage_event`. */
import { type NewUsageEvent, usageEvent } from "@tera/database";
import type { UsageRecord } from "@tera/protocol";
import { getTableColumns } from "drizzle-orm";

const { settledAt: _databaseClock, ...written } = getTableColumns(usageEvent);

/** The columns that a record fills, in the order of the table. */
export const usageColumns: readonly string[] = Object.values(written).map((column) => column.name);
const columnNames = new Map(Object.entries(written).map(([field, column]) => [field, column.name]));

/** One row for `json_populate_recordset`: column name -> JSON value. */
export function toUsageRow(record: UsageRecord): Record<string, unknown> {
  const event: Omit<NewUsageEvent, "settledAt"> = {
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
    queueMs: record.queueMs ?? null,
    ttftMs: record.ttftMs ?? null,
    totalMs: record.totalMs,
  };
  return Object.fromEntries(Object.entries(event).map(([field, value]) => [columnNames.get(field) ?? field, value]));
}
