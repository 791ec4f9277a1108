/** A failure that the person at the terminal can do something about: the message says what. Printed as `tera: <message>`, exit code 1. */
export class CliError extends Error {
  override readonly name = "CliError";
}
