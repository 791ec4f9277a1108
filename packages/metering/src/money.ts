/** Money: whole nano-USD (1e-9 USD) as bigint, decimal strings of USD at the edges. Never a float, never a JavaScript number. */

const nanoPerUsd = 1_000_000_000n;
const usdPattern = /^(-?)(\d{1,10})(?:\.(\d{1,9}))?$/;

/** `"12.5"` -> 12_500_000_000n. Undefined: not a decimal number of USD with at most nine decimals and ten digits before them. */
export function parseUsd(text: string): bigint | undefined {
  const match = usdPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", decimals = ""] = match;
  const nano = BigInt(whole) * nanoPerUsd + BigInt(decimals.padEnd(9, "0"));
  return sign === "-" ? -nano : nano;
}

/** Exact, without trailing zeros: 12_500_000_000n -> `"12.5"`. */
export function formatUsd(nano: bigint): string {
  const size = nano < 0n ? -nano : nano;
  const decimals = (size % nanoPerUsd).toString().padStart(9, "0").replace(/0+$/, "");
  return `${nano < 0n ? "-" : ""}${size / nanoPerUsd}${decimals === "" ? "" : `.${decimals}`}`;
}

/** A price in USD per million units: `"0.07"` -> 70n nano-USD per unit. At most three decimals, or a unit would not cost a whole nano-USD. */
export function parseUsdPerMillion(text: string): bigint | undefined {
  const nano = parseUsd(text);
  return nano === undefined || nano < 0n || nano % 1_000_000n !== 0n ? undefined : nano / 1_000_000n;
}

/** 70n nano-USD per unit -> `"0.07"` USD per million. */
export function formatUsdPerMillion(nanoPerUnit: bigint): string {
  return formatUsd(nanoPerUnit * 1_000_000n);
}
