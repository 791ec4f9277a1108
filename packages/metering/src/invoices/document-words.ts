/** How invoices and statements write amounts, quantities, prices and dates. English, US dollars, UTC. */
import type { UsageMeasure } from "@tera/database";
import { formatUsd } from "../money.ts";

/** Exact, with at least two decimals: `$1,234.50`, `−$0.000003`. */
export function writeUsd(nano: bigint): string {
  const [whole = "0", decimals = ""] = formatUsd(nano < 0n ? -nano : nano).split(".");
  return `${nano < 0n ? "−" : ""}$${group(whole)}.${decimals.padEnd(2, "0")}`;
}

export function writeQuantity(quantity: bigint): string {
  return group(quantity.toString());
}

/** What stands behind a number of tokens or characters is a price per million. */
export function writeUnitPrice(measure: UsageMeasure, unitNano: bigint): string {
  return measure === "request" ? writeUsd(unitNano) : `${writeUsd(unitNano * 1_000_000n)} / M`;
}

export const measureNames: Readonly<Record<UsageMeasure, string>> = {
  input: "Input tokens",
  cached_input: "Cached input tokens",
  output: "Output tokens",
  request: "Requests",
  character: "Characters of speech",
};

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

export function writeDay(moment: Date): string {
  return dayFormat.format(moment);
}

/** `November 2026` */
export function writeMonth(month: string): string {
  return monthFormat.format(new Date(`${month}-01T00:00:00.000Z`));
}

/** 1900 -> `19 %` */
export function writePercent(basisPoints: number): string {
  return `${(basisPoints / 100).toString()} %`;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}
