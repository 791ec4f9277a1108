/** Amounts from the Admin API, which the schemas have looked at, as nano-USD. */
import { parseUsd, parseUsdPerMillion } from "@tera/metering";
import { AdminError } from "../errors.ts";

/** @throws {AdminError} */
export function toNano(text: string): bigint {
  return must(parseUsd(text), text);
}

/** USD for a million units -> nano-USD for one. @throws {AdminError} */
export function perMillionToNano(text: string): bigint {
  return must(parseUsdPerMillion(text), text);
}

function must(nano: bigint | undefined, text: string): bigint {
  if (nano === undefined) throw new AdminError("invalid_request", `"${text}" is no amount of USD.`);
  return nano;
}

/** `7.5` -> 750, hundredths of a percent. */
export function toBasisPoints(percent: string): number {
  const [whole = "0", decimals = ""] = percent.split(".");
  return Number.parseInt(`${whole}${decimals.padEnd(2, "0")}`, 10);
}

/** 750 -> `7.5` */
export function toPercent(basisPoints: number): string {
  return (basisPoints / 100).toString();
}
