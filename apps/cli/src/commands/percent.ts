/** Percentages as people write them; kept as hundredths of a percent: basis points. */
import { CliError } from "../terminal/cli-error.ts";

/** `19%`, `7.5%` or `19`. @returns basis points. @throws {CliError} */
export function readPercent(flag: string, text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text);
  const points = Number(match?.[1]) * 100 + Number((match?.[2] ?? "").padEnd(2, "0"));
  if (match !== null && points <= 10_000) return points;
  throw new CliError(`${flag} must be a percentage from 0% to 100%, such as 19% or 7.5%, and "${text}" is not.`);
}

/** `19`, `7.5` */
export function formatPercent(basisPoints: number): string {
  return (basisPoints / 100).toString();
}
