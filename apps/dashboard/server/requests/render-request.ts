/** Requests as the Admin API tells them. What runs where is the operator's: customers are not told of workers, runners, gateways and authors. */

import type { ListedRequest, PricedUsage, RequestDetails, RequestRecord } from "@tera/admin-api/requests";
import type { Db, RefusedRequest } from "@tera/database";
import {
  explainErrorCode,
  type PricedUsage as FoundPrice,
  type ListedRequest as FoundRequest,
  formatUsd,
  type KeyName,
  type ReportedUsage,
  type RequestDescription,
  readAccountNames,
  readKeyNames,
} from "@tera/metering";

interface Names {
  accounts: ReadonlyMap<string, string>;
  keys: ReadonlyMap<string, KeyName>;
}

interface Owned {
  accountId: string;
  keyId: string;
}

export async function renderRequests(db: Db, found: readonly FoundRequest[]): Promise<ListedRequest[]> {
  const names = await readNames(
    db,
    found.map((one) => (one.kind === "used" ? one.usage : one.refused)),
  );
  return found.map((one) => (one.kind === "used" ? renderUsed(one.usage, names) : renderRefused(one.refused, names)));
}

export async function readNames(db: Db, owned: readonly Owned[]): Promise<Names> {
  const [accounts, keys] = await Promise.all([
    readAccountNames(
      db,
      owned.map(({ accountId }) => accountId),
    ),
    readKeyNames(
      db,
      owned.map(({ keyId }) => keyId),
    ),
  ]);
  return { accounts, keys };
}

function ownerOf({ accountId, keyId }: Owned, { accounts, keys }: Names) {
  const key = keys.get(keyId);
  return {
    accountId,
    accountName: accounts.get(accountId) ?? null,
    keyId,
    keyName: key?.name ?? null,
    keyLastFour: key?.lastFour ?? null,
  };
}

function renderUsed(usage: ReportedUsage, names: Names): ListedRequest {
  const { requestId, admittedAt, status, errorCode, model, endpoint, stream, chargeNano, correctionNano } = usage;
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens, speechCharacters } = usage;
  return {
    id: requestId,
    at: admittedAt.toISOString(),
    status,
    code: errorCode,
    model,
    endpoint,
    stream,
    ...ownerOf(usage, names),
    promptTokens,
    cachedTokens,
    completionTokens,
    reasoningTokens,
    speechCharacters,
    cost: formatUsd(chargeNano + correctionNano),
    ttftMs: usage.ttftMs,
    totalMs: usage.totalMs,
    failedAttempts: usage.failedAttempts.length,
    message: null,
    expiresAt: null,
  };
}

function renderRefused(refused: RefusedRequest, names: Names): ListedRequest {
  const { requestId, refusedAt, code, model } = refused;
  return {
    id: requestId,
    at: refusedAt.toISOString(),
    status: "refused",
    code,
    model,
    endpoint: null,
    stream: null,
    ...ownerOf(refused, names),
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
    speechCharacters: 0,
    cost: "0",
    ttftMs: null,
    totalMs: null,
    failedAttempts: 0,
    message: refused.message,
    expiresAt: refused.expiresAt.toISOString(),
  };
}

/** @param isCustomer where it ran is not for them. */
export function renderRecord(usage: ReportedUsage, { isCustomer }: { isCustomer: boolean }): RequestRecord {
  const { holds: _holds, chargeNano, correctionNano, ledgerTransactionId, admittedAt, settledAt, ...same } = usage;
  return {
    ...same,
    ...(isCustomer ? { gatewayId: "", workerId: null, runnerId: null } : {}),
    failedAttempts: usage.failedAttempts.map(({ attempt, code, ...where }) =>
      isCustomer ? { attempt, code } : { attempt, ...where, code },
    ),
    admittedAt: admittedAt.toISOString(),
    settledAt: settledAt.toISOString(),
    charged: formatUsd(chargeNano),
    corrected: formatUsd(correctionNano),
    cost: formatUsd(chargeNano + correctionNano),
    ledgerTransactionId: ledgerTransactionId === null ? null : String(ledgerTransactionId),
  };
}

export function renderRefusedDetails(refused: RefusedRequest, names: Names): RequestDetails {
  return {
    ...renderRefused(refused, names),
    why: explainErrorCode(refused.code),
    finishReason: null,
    lane: null,
    usageSource: null,
    gatewayId: null,
    timeline: [],
    attempts: [],
    billing: null,
    record: null,
    hasContent: false,
  };
}

export function renderDetails(
  description: RequestDescription,
  names: Names,
  { hasContent, isCustomer }: { hasContent: boolean; isCustomer: boolean },
): RequestDetails {
  const { usage, timeline, attempts, why, cost } = description;
  const operators = <Value>(value: Value | undefined): Value | null => (isCustomer ? null : (value ?? null));
  return {
    ...renderUsed(usage, names),
    why,
    finishReason: usage.finishReason,
    lane: usage.lane,
    usageSource: usage.usageSource,
    gatewayId: operators(usage.gatewayId),
    timeline: timeline.map(({ step, at, afterMs, lastsMs }) => ({
      step,
      at: at.toISOString(),
      afterMs,
      lastsMs: lastsMs ?? null,
    })),
    attempts: attempts.map(({ attempt, outcome, code, workerId, runnerId }) => ({
      attempt,
      outcome,
      code: code ?? null,
      why: code === undefined ? null : explainErrorCode(code),
      workerId: operators(workerId),
      runnerId: operators(runnerId),
    })),
    billing: {
      charge: formatUsd(cost.chargeNano),
      nothingBecause: cost.nothingBecause ?? null,
      priced: cost.charged === undefined ? null : renderPriced(cost.charged),
      corrections: cost.corrections.map(({ at, author, reason, ledgerTransactionId, amountNano, priced }) => ({
        at: at.toISOString(),
        author: operators(author),
        reason,
        ledgerTransactionId: String(ledgerTransactionId),
        amount: formatUsd(amountNano),
        priced: renderPriced(priced),
      })),
    },
    record: renderRecord(usage, { isCustomer }),
    hasContent,
  };
}

function renderPriced({ price, lines, discountNano, amountNano }: FoundPrice): PricedUsage {
  return {
    priceId: price.id,
    revision: price.revision,
    validFrom: price.validFrom.toISOString(),
    lines: lines.map(({ measure, quantity, unitNano, amountNano: lineNano }) => ({
      measure,
      quantity: String(quantity),
      unit: formatUsd(unitNano),
      amount: formatUsd(lineNano),
    })),
    discount: formatUsd(discountNano),
    amount: formatUsd(amountNano),
  };
}
