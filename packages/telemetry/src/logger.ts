/**
 * Logs: one JSON object per line on stderr (stdout belongs to what a command prints).
 *
 * Prompts, completions and keys never reach a log. Fields that hold them are redacted by name; API keys and passwords in URLs are masked
 * wherever they turn up in a line, because an error message can quote them.
 */
import pino from "pino";

export type { Logger } from "pino";

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields that carry what a client said, what a model answered, or a credential. */
const secretFields = [
  "apiKey",
  "authorization",
  "cookie",
  "password",
  "secret",
  "messages",
  "prompt",
  "content",
  "reasoning",
  "input",
  "body",
  // A failed query's parameters, as drizzle attaches them to its error.
  "params",
];
const secretPaths = ["", "*.", "*.*."].flatMap((prefix) => [
  ...secretFields.map((field) => `${prefix}${field}`),
  ...["x-api-key", "proxy-authorization", "set-cookie"].map((header) =>
    prefix === "" ? `["${header}"]` : `${prefix.slice(0, -1)}["${header}"]`,
  ),
]);

const apiKeyPattern = /sk-tera-[0-9A-Za-z]{8,}/g;
const urlPasswordPattern = /(\/\/[^\s:@/"]*:)[^\s@/"]+@/g;

function maskCredentials(line: string): string {
  return line.replace(apiKeyPattern, "sk-tera-[masked]").replace(urlPasswordPattern, "$1[masked]@");
}

export interface LoggerOptions {
  /** The process, e.g. `gateway`; each line has it as `name`. */
  name: string;
  level: LogLevel;
  /** Where lines go; stderr when absent. */
  destination?: pino.DestinationStream;
}

export function createLogger({ name, level, destination }: LoggerOptions): pino.Logger {
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: "[redacted]" },
      hooks: { streamWrite: maskCredentials },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
