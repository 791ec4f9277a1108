/**
 * Grammars of JSON numbers within bounds, as alternatives of digit patterns.
 *
 * Magnitudes end at 15 digits, which a double holds exactly; a bound beyond that is no bound.
 */
import { oneOf } from "./grammar-rules.ts";

const magnitudeMax = 999_999_999_999_999;
/** Ends in a digit other than 0, so that it is always more than nothing. */
const fraction = '"." [0-9]{0,14} [1-9]';

export interface NumberBounds {
  /** Whole numbers, or infinite. */
  min: number;
  max: number;
  minExclusive: boolean;
  maxExclusive: boolean;
}

/** @returns undefined when no integer is within the bounds. */
export function integerBody(bounds: NumberBounds): string | undefined {
  const min = Math.max(bounds.min + (bounds.minExclusive ? 1 : 0), -magnitudeMax);
  const max = Math.min(bounds.max - (bounds.maxExclusive ? 1 : 0), magnitudeMax);
  const bodies = [
    ...(max >= 0 && max >= min ? magnitudes(Math.max(min, 0), max) : []),
    ...(min < 0 && max >= min ? magnitudes(Math.max(-max, 1), -min).map((body) => `"-" ${body}`) : []),
  ];
  return bodies.length === 0 ? undefined : oneOf(bodies);
}

/** Integers and fractions. @returns undefined when none is within the bounds. */
export function numberBody(bounds: NumberBounds): string | undefined {
  const integers = integerBody(bounds);
  const min = Math.max(bounds.min, -magnitudeMax);
  const max = Math.min(bounds.max, magnitudeMax);
  const bodies = integers === undefined ? [] : [integers];
  // i.f lies strictly between i and i + 1, so the exclusiveness of a whole bound does not matter to it.
  const positive = max > 0 && max > min ? magnitudes(Math.max(min, 0), max - 1) : [];
  const negative = min < 0 && max > min ? magnitudes(Math.max(-max, 0), -min - 1).map((body) => `"-" ${body}`) : [];
  for (const body of [...positive, ...negative]) bodies.push(`${body} ${fraction}`);
  return bodies.length === 0 ? undefined : oneOf(bodies);
}

/** Digit patterns of the whole numbers from `min` to `max`, both not negative. */
function magnitudes(min: number, max: number): string[] {
  const bodies: string[] = [];
  let from = min;
  while (from <= max) {
    const length = String(from).length;
    const to = Math.min(max, 10 ** length - 1);
    bodies.push(sameLength(String(from), String(to)));
    from = to + 1;
  }
  return bodies;
}

/** Numbers between two of equally many digits. */
function sameLength(min: string, max: string): string {
  if (min === "") return "";
  const low = Number(min[0]);
  const high = Number(max[0]);
  const minRest = min.slice(1);
  const maxRest = max.slice(1);
  if (/^0*$/.test(minRest) && /^9*$/.test(maxRest)) return digits(low, high) + anyDigits(minRest.length);
  if (low === high) return `"${low}" ${sameLength(minRest, maxRest)}`;
  const middle = low + 1 <= high - 1 ? [digits(low + 1, high - 1) + anyDigits(minRest.length)] : [];
  return oneOf([
    `"${low}" ${sameLength(minRest, "9".repeat(minRest.length))}`,
    ...middle,
    `"${high}" ${sameLength("0".repeat(maxRest.length), maxRest)}`,
  ]);
}

function digits(low: number, high: number): string {
  return low === high ? `"${low}"` : `[${low}-${high}]`;
}

function anyDigits(count: number): string {
  return count === 0 ? "" : ` [0-9]{${count}}`;
}
