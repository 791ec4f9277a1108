/** What several commands accept: names, whole numbers, values that may be repeated. */
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

/** What takes a limit away. A word and not null: commander makes an empty text of that. */
export const none = "none";

export function limitArgument(max: number) {
  return (text: string): number | typeof none => {
    if (text === none) return none;
    const limit = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (limit < 1 || limit > max) throw new InvalidArgumentError(`It must be a whole number, 1 to ${max}, or none.`);
    return limit;
  };
}
