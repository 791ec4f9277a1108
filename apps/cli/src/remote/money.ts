/** Amounts of an answer. */
import { parseUsd } from "@tera/metering";

/** @param amount as the Admin API's schemas have checked it. @returns nano-USD. */
export function toNano(amount: string): bigint {
  const nano = parseUsd(amount);
  if (nano === undefined) throw new Error(`${amount} is no amount of USD`);
  return nano;
}
