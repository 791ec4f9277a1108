/** Who does it: what the books say of a change that was made on the command line. */
import { oneLine } from "../terminal/table.ts";

/** `cli:<login name>`, or `cli` where the environment names none. */
export function authorOf(environment: NodeJS.ProcessEnv): string {
  const login = oneLine(environment["USER"] ?? environment["LOGNAME"] ?? environment["USERNAME"] ?? "").slice(0, 100);
  return login === "" ? "cli" : `cli:${login}`;
}
