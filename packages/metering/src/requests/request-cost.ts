/** How the charge of one request was worked out: each quantity times its price. Pure. */
import type { Price, UsageEvent } from "@tera/database";
import { type CostLine, costLines } from "../cost-lines.ts";

/** Its usage at one price. The lines and the discount sum to the amount. */
export interface PricedUsage {
  price: Price;
  lines: CostLine[];
  /** Of the batch lane; negative or 0. */
  discountNano: bigint;
  amountNano: bigint;
}

export interface CostCorrection {
  at: Date;
  author: string;
  reason: string;
  ledgerTransactionId: bigint;
  /** What it added to the charge. Negative: the customer got it back. */
  amountNano: bigint;
  /** By which the request is charged from there on. */
  priced: PricedUsage;
}

export interface RequestCost {
  /** When it was settled. */
  chargeNano: bigint;
  /** How; undefined: nothing was charged, for the reason that is given. */
  charged: PricedUsage | undefined;
  /** Why nothing was charged, for people; undefined where something was. */
  nothingBecause: string | undefined;
  /** By re-rating, in order. */
  corrections: CostCorrection[];
  /** Charge and corrections together: what it costs. */
  costNano: bigint;
}

/** What `event` is charged at `price`, if it is charged at all. */
export function priceUsage(event: UsageEvent, price: Price): PricedUsage {
  const lines = costLines(
    {
      input: BigInt(event.promptTokens - event.cachedTokens),
      cached_input: BigInt(event.cachedTokens),
      output: BigInt(event.completionTokens),
      request: 1n,
      character: BigInt(event.speechCharacters),
    },
    price,
  );
  const totalNano = lines.reduce((sum, { amountNano }) => sum + amountNano, 0n);
  const shareBasisPoints = event.lane === "batch" ? 10_000 - price.batchDiscountBasisPoints : 10_000;
  const amountNano = (totalNano * BigInt(shareBasisPoints)) / 10_000n;
  return { price, lines, discountNano: amountNano - totalNano, amountNano };
}

/** @returns why an event is charged nothing, whatever its price; undefined: it is charged by its price. */
export function whyUncharged(event: UsageEvent): string | undefined {
  if (event.status === "failed") return "Requests that fail cost nothing.";
  const nothingDone = event.promptTokens + event.completionTokens + event.speechCharacters === 0;
  if (event.status === "cancelled" && nothingDone) return "It ended before anything was read or generated.";
  return undefined;
}

/** @param price the one that it was charged by; undefined: none. */
export function explainCost(event: UsageEvent, price: Price | undefined, corrections: CostCorrection[]): RequestCost {
  const uncharged = whyUncharged(event);
  const charged = uncharged !== undefined || price === undefined ? undefined : priceUsage(event, price);
  return {
    chargeNano: event.chargeNano,
    charged,
    nothingBecause: event.chargeNano > 0n ? undefined : (uncharged ?? whyFree(price)),
    corrections,
    costNano: corrections.reduce((sum, { amountNano }) => sum + amountNano, event.chargeNano),
  };
}

function whyFree(price: Price | undefined): string {
  if (price === undefined) return "Its model had no price, and was served for nothing.";
  return price.isFree ? "Its model was free." : "Its price has nothing for what it used.";
}
