/** Usage through an Admin API. */
import {
  exportedRequestSchema,
  type ListedRequest,
  type listedRequestSchema,
  type PricedUsage,
  type RequestDetails,
  type RequestRecord,
  refusalSumsSchema,
  requestContentSchema,
  requestDetailsSchema,
  requestPageSchema,
  requestRecordPageSchema,
  type requestRecordSchema,
} from "@tera/admin-api/requests";
import { type UsageSum as RemoteSum, usageSumListSchema } from "@tera/admin-api/usage";
import type { RefusedRequest } from "@tera/database";
import { exportedUsageSchema, type RequestPosition, type UsageFilter, type UsageSum } from "@tera/metering";
import type { CommandDescription, CommandPriced, CommandRequest, CommandUsage } from "../stack/command-usage.ts";
import type { AdminClient, RemoteQuery } from "./admin-client.ts";
import { toNano } from "./money.ts";

const exportBatchMax = 2_000;

export function createRemoteUsage(client: AdminClient): CommandUsage {
  const pathOf = (requestId: string) => `/requests/${encodeURIComponent(requestId)}`;

  return {
    async summarize(filter, by, limit) {
      const { groups, total } = await client.get(usageSumListSchema, "/usage/sums", { ...toQuery(filter), by, limit });
      return { rows: groups.map(toSum), total: toSum(total) };
    },
    async lastRequests({ status, lane, ...filter }, limit, after) {
      const query = { ...toQuery(filter), status, lane, before: toCursor(after) };
      const path = "/requests/records";
      const found = await client.listOn<typeof requestRecordSchema>(requestRecordPageSchema, path, query, limit);
      return found.map(toRequest);
    },
    async lastRefused(filter, limit, after) {
      const query = { ...toQuery(filter), status: "refused", before: toCursor(after) };
      const found = await client.listOn<typeof listedRequestSchema>(requestPageSchema, "/requests", query, limit);
      return found.map(toRefused);
    },
    async countRefused({ model: _, ...filter }) {
      const { items } = await client.get(refusalSumsSchema, "/requests/refusals", toQuery(filter));
      return items.map(({ code, requests }) => ({ code, requests }));
    },
    async findPosition(requestId) {
      const { items } = await client.get(requestPageSchema, "/requests", { id: requestId });
      return items[0] && { at: new Date(items[0].at), requestId };
    },
    async find(requestId) {
      const found = await client.find(requestDetailsSchema, pathOf(requestId));
      if (found === undefined) return { description: undefined, refused: undefined };
      const { record, billing } = found;
      return record === null || billing === null
        ? { description: undefined, refused: toRefused(found) }
        : { description: toDescription(found, toRequest(record), billing), refused: undefined };
    },
    async findContent(requestId) {
      const found = await client.find(requestDetailsSchema, pathOf(requestId));
      if (found === undefined || !found.hasContent) return undefined;
      const { accountId, keyId } = found;
      const content = await client.find(requestContentSchema, `${pathOf(requestId)}/content`);
      return content && { requestId, accountId, keyId, ...content, expiresAt: new Date(content.expiresAt) };
    },
    async exportAll(filter, onBatch) {
      const batch: unknown[] = [];
      const hand = async () => onBatch(batch.splice(0).map((row) => exportedUsageSchema.parse(toStored(row))));
      for await (const line of client.readLines("/requests.jsonl", toQuery(filter))) {
        batch.push(JSON.parse(line));
        if (batch.length >= exportBatchMax) await hand();
      }
      if (batch.length > 0) await hand();
    },
  };
}

function toQuery({ accountId, keyId, model, from, to }: UsageFilter): RemoteQuery {
  return { accountId, keyId, model, from: from?.toISOString(), to: to?.toISOString() };
}

/** Where the list of the Admin API goes on. */
function toCursor(after: RequestPosition | undefined): string | undefined {
  return after && `${after.at.getTime()}_${after.requestId}`;
}

/** As Postgres tells it: amounts in nano-USD. */
function toStored(line: unknown): object {
  const row = exportedRequestSchema.parse(line);
  const nano = (amount: unknown) => toNano(String(amount)).toString();
  return { ...row, charge_usd: nano(row["charge_usd"]), correction_usd: nano(row["correction_usd"]) };
}

function toSum({ charged, corrected, cost: _, ...counts }: RemoteSum): UsageSum {
  return { ...counts, chargeNano: toNano(charged), correctionNano: toNano(corrected) };
}

function toRequest({ charged, corrected, cost: _, ledgerTransactionId, ...record }: RequestRecord): CommandRequest {
  return {
    ...record,
    failedAttempts: record.failedAttempts.map(({ workerId, runnerId, ...attempt }) => ({
      ...attempt,
      ...(workerId === undefined ? {} : { workerId }),
      ...(runnerId === undefined ? {} : { runnerId }),
    })),
    admittedAt: new Date(record.admittedAt),
    settledAt: new Date(record.settledAt),
    chargeNano: toNano(charged),
    correctionNano: toNano(corrected),
    ledgerTransactionId: ledgerTransactionId === null ? null : BigInt(ledgerTransactionId),
  };
}

function toRefused({ id, accountId, keyId, model, code, message, at, expiresAt }: ListedRequest): RefusedRequest {
  const refusedAt = new Date(at);
  return {
    requestId: id,
    accountId,
    keyId,
    model,
    code: code ?? "",
    message: message ?? "",
    refusedAt,
    expiresAt: expiresAt === null ? refusedAt : new Date(expiresAt),
  };
}

function toDescription(
  { accountName, keyName, timeline, attempts, why, cost }: RequestDetails,
  usage: CommandRequest,
  { nothingBecause, priced, corrections }: NonNullable<RequestDetails["billing"]>,
): CommandDescription {
  return {
    usage,
    accountName,
    keyName,
    why,
    timeline: timeline.map(({ step, at, afterMs, lastsMs }) => ({
      step,
      at: new Date(at),
      afterMs,
      ...(lastsMs === null ? {} : { lastsMs }),
    })),
    attempts: attempts.map(({ attempt, outcome, code, workerId, runnerId }) => ({
      attempt,
      outcome,
      code: code ?? undefined,
      workerId: workerId ?? undefined,
      runnerId: runnerId ?? undefined,
    })),
    cost: {
      chargeNano: usage.chargeNano,
      charged: priced === null ? undefined : toPriced(priced),
      nothingBecause: nothingBecause ?? undefined,
      corrections: corrections.map(({ at, author, reason, ledgerTransactionId, amount, priced: by }) => ({
        at: new Date(at),
        // To customers it is not told.
        author: author ?? "",
        reason,
        ledgerTransactionId: BigInt(ledgerTransactionId),
        amountNano: toNano(amount),
        priced: toPriced(by),
      })),
      costNano: toNano(cost),
    },
  };
}

function toPriced({ priceId, revision, validFrom, lines, discount, amount }: PricedUsage): CommandPriced {
  return {
    price: { id: priceId, revision, validFrom: new Date(validFrom) },
    lines: lines.map(({ measure, quantity, unit, amount: of }) => ({
      measure,
      quantity: BigInt(quantity),
      unitNano: toNano(unit),
      amountNano: toNano(of),
    })),
    discountNano: toNano(discount),
    amountNano: toNano(amount),
  };
}
