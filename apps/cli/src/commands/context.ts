/** What every command is given. */
import type { Terminal } from "../terminal/terminal.ts";

export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** What relative paths start from. */
  readonly cwd: string;
  /** The command ran, but found something wrong. */
  setExitCode(code: number): void;
}

/** The options that several commands share, in the same words. */
export const dataDirOption = [
  "--data-dir <directory>",
  "data directory of the stack to use (default: .tera in the clone)",
] as const;
export const adminUrlOption = [
  "--url <url>",
  "its dashboard: works through the Admin API, with the token in TERA_ADMIN_TOKEN",
] as const;
export const jsonOption = ["--json", "print JSON instead"] as const;
