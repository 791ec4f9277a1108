/** Guesses what was meant by a word that is not known. */
import { closest, distance } from "fastest-levenshtein";

const distanceMax = 4;
/** A word is near when it differs in at most one letter, and one more for each three that it has. */
const lettersPerDifference = 3;

/** @returns `Did you mean <word>?`, or undefined when none of the known words is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(word, known);
  const near = Math.min(distanceMax, 1 + Math.floor(nearest.length / lettersPerDifference));
  return distance(word, nearest) <= near ? `Did you mean ${nearest}?` : undefined;
}
