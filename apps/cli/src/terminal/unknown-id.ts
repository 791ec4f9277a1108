/** What is said of an id that nothing has: the nearest one that there is, or where to look. */
import { CliError } from "./cli-error.ts";
import { suggest } from "./suggest.ts";

export function unknownId(what: string, id: string, known: readonly { id: string }[], otherwise: string): CliError {
  const suggestion = suggest(
    id,
    known.map((each) => each.id),
  );
  return new CliError(`There is no ${what} ${id}. ${suggestion ?? otherwise}`);
}
