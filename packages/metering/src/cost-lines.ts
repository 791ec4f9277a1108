/** Quantities times a price, line by line, as bills and explanations show them. */
import type { UsageMeasure } from "@tera/database";
import type { Rates } from "./rate.ts";

export type Quantities = Readonly<Record<UsageMeasure, bigint>>;

export interface CostLine {
  measure: UsageMeasure;
  quantity: bigint;
  /** Nano-USD for one. */
  unitNano: bigint;
  amountNano: bigint;
}

/** Before the discount of the batch lane. What costs nothing has no line. */
export function costLines(quantities: Quantities, rates: Rates): CostLine[] {
  const units: [UsageMeasure, bigint][] = [
    ["input", rates.inputNano],
    ["cached_input", rates.cacheReadNano],
    ["output", rates.outputNano],
    ["request", rates.requestNano],
    ["character", rates.characterNano],
  ];
  return units
    .map(([measure, unitNano]) => ({
      measure,
      quantity: quantities[measure],
      unitNano,
      amountNano: quantities[measure] * unitNano,
    }))
    .filter(({ quantity, unitNano }) => quantity !== 0n && unitNano !== 0n);
}
