/**
 * From exact nano-USD to what can be paid. The rule: lines stay exact; their sum is rounded to the cent once, halves away from zero; tax is taken of that rounded
 * net, and rounded the same way. What rounding added or took is a line of its own, on the invoice and in the ledger.
 */

export const centNano = 10_000_000n;

export interface Totals {
  exactNano: bigint;
  roundingNano: bigint;
  taxNano: bigint;
  totalNano: bigint;
}

export function addUp(exactNano: bigint, taxRateBasisPoints: number): Totals {
  const netNano = roundToCents(exactNano);
  const taxNano = divide(netNano * BigInt(taxRateBasisPoints), 10_000n * centNano) * centNano;
  return { exactNano, roundingNano: netNano - exactNano, taxNano, totalNano: netNano + taxNano };
}

/** The tax that is inside an amount of whole cents. */
export function taxWithin(totalNano: bigint, taxRateBasisPoints: number): bigint {
  const rate = BigInt(taxRateBasisPoints);
  return divide(totalNano * rate, (10_000n + rate) * centNano) * centNano;
}

export function roundToCents(nano: bigint): bigint {
  return divide(nano, centNano) * centNano;
}

/** Halves away from zero. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const doubled = 2n * (dividend < 0n ? -dividend : dividend);
  const size = (doubled + divisor) / (2n * divisor);
  return dividend < 0n ? -size : size;
}
