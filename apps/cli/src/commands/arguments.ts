/** What several commands accept: names, and values that may be repeated. */
import { InvalidArgumentError } from "commander";

/** A list longer than this is cut, and says so. */
export const listMax = 1_000;

export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

export function nameArgument(text: string): string {
  const name = text.trim();
  if (name === "" || name.length > 200 || /\p{Cc}/u.test(name)) {
    throw new InvalidArgumentError("It must have 1 to 200 characters, on one line.");
  }
  return name;
}

/** How many to list. */
export function countArgument(text: string): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > 1_000)
    throw new InvalidArgumentError("It must be a whole number from 1 to 1000.");
  return count;
}

export function urlArgument(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError("It must be an http:// or https:// URL.");
  }
  return text;
}
