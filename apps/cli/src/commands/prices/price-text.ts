/** Prices as people write and read them: USD per million tokens or characters, USD per request. */
import type { Price } from "@tera/database";
import { CliError } from "../../terminal/cli-error.ts";
import { formatMoment } from "../moment.ts";
import { formatPercent } from "../percent.ts";

/** For `--json`: decimal strings. */
export interface PriceJson {
  id: string;
  model: string;
  validFrom: string;
  revision: number;
  free: boolean;
  /** USD per million tokens. */
  input: string;
  output: string;
  cacheRead: string;
  /** USD per million characters of speech. */
  perMillionCharacters: string;
  /** USD. */
  request: string;
  batchDiscountPercent: string;
  author: string;
  reason: string | null;
  createdAt: string;
}

type MoneyText = typeof import("@tera/metering");

export function toPriceJson(price: Price, { formatUsd, formatUsdPerMillion }: MoneyText): PriceJson {
  return {
    id: price.id,
    model: price.model,
    validFrom: price.validFrom.toISOString(),
    revision: price.revision,
    free: price.isFree,
    input: formatUsdPerMillion(price.inputNano),
    output: formatUsdPerMillion(price.outputNano),
    cacheRead: formatUsdPerMillion(price.cacheReadNano),
    perMillionCharacters: formatUsdPerMillion(price.characterNano),
    request: formatUsd(price.requestNano),
    batchDiscountPercent: formatPercent(price.batchDiscountBasisPoints),
    author: price.author,
    reason: price.reason,
    createdAt: price.createdAt.toISOString(),
  };
}

/** `$0.15 in, $0.60 out`, of a million tokens, for a table; `free`. Parts that are 0 are left out. */
export function describePrice(price: PriceJson): string {
  return describeParts(price, "");
}

/** `$0.15 in, $0.60 out per million tokens`, for a sentence. */
export function describePriceInFull(price: PriceJson): string {
  return describeParts(price, " per million tokens");
}

function describeParts(price: PriceJson, tokensUnit: string): string {
  if (price.free) return "free";
  const ofTokens = [
    price.input === "0" && price.output === "0" ? [] : [`$${price.input} in`, `$${price.output} out`],
    price.cacheRead === price.input ? [] : [`$${price.cacheRead} cached`],
  ].flat();
  const parts = [
    ofTokens.length === 0 ? [] : [ofTokens.join(", ") + tokensUnit],
    price.perMillionCharacters === "0" ? [] : [`$${price.perMillionCharacters} per million characters`],
    price.request === "0" ? [] : [`$${price.request} per request`],
    price.batchDiscountPercent === "0" ? [] : [`${price.batchDiscountPercent}% off in batches`],
  ].flat();
  return parts.length === 0 ? "$0" : parts.join(", ");
}

export function describeValidity(price: PriceJson): string {
  return `from ${formatMoment(new Date(price.validFrom))}`;
}

/** A typing error beyond it. Below it, no request comes to more than the ledger can hold. */
const priceMaxUsd = 1_000_000;
const priceMaxNano = BigInt(priceMaxUsd) * 1_000_000_000n;

/** @throws {CliError} saying what an amount must be. */
export function readPerMillion(flag: string, text: string, { parseUsdPerMillion }: MoneyText): bigint {
  const nano = parseUsdPerMillion(text);
  if (nano !== undefined) return withinMax(flag, nano, priceMaxNano / 1_000_000n);
  throw new CliError(
    `${flag} must be USD per million with at most three decimals, such as 0.15 or 2.125, and "${text}" is not: one unit costs a whole number of billionths of a USD then, and every amount is exact.`,
  );
}

/** @throws {CliError} */
export function readPerRequest(text: string, { parseUsd }: MoneyText): bigint {
  const nano = parseUsd(text);
  if (nano !== undefined && nano >= 0n) return withinMax("--request", nano, priceMaxNano);
  throw new CliError(
    `--request must be USD per request with at most nine decimals, such as 0.001, and "${text}" is not.`,
  );
}

function withinMax(flag: string, nano: bigint, maxNano: bigint): bigint {
  if (nano <= maxNano) return nano;
  throw new CliError(`${flag} must be at most ${priceMaxUsd} USD.`);
}
