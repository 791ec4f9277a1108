/** Prices as the Admin API says them. */

import type { Price, PriceStatus } from "@tera/admin-api/prices";
import type { Price as PriceRow } from "@tera/database";
import { formatUsd, formatUsdPerMillion } from "@tera/metering";
import { toPercent } from "./amounts.ts";

export function toPrice(row: PriceRow, status: PriceStatus): Price {
  return {
    id: row.id,
    model: row.model,
    validFrom: row.validFrom.toISOString(),
    revision: row.revision,
    status,
    free: row.isFree,
    input: formatUsdPerMillion(row.inputNano),
    output: formatUsdPerMillion(row.outputNano),
    cacheRead: formatUsdPerMillion(row.cacheReadNano),
    perMillionCharacters: formatUsdPerMillion(row.characterNano),
    request: formatUsd(row.requestNano),
    batchDiscountPercent: toPercent(row.batchDiscountBasisPoints),
    author: row.author,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
  };
}
