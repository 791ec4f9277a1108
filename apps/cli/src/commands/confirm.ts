/** Asks before something that cannot be taken back. */
import { CliError } from "../terminal/cli-error.ts";
import type { Terminal } from "../terminal/terminal.ts";

/**
 * @param question one sentence that ends with a question mark.
 * @throws {CliError} when the answer is not yes, or there is nobody to ask.
 */
export async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (!terminal.interactive) {
    throw new CliError(`There is no terminal to ask on (${question}) Add --yes to do it.`);
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("Nothing was done.");
}
