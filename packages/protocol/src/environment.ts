/**
 * Turns environment variables into one frozen, validated object. Pure: the caller hands the variables in.
 *
 * Names have a prefix per app (`TERA_GATEWAY_`, `TERA_WORKER_`) or none of their own (`TERA_LOG_LEVEL`: shared). An app judges the names with
 * its own prefix and the shared ones; one environment file can so serve all apps, and a typo is still found.
 */
import { closest } from "fastest-levenshtein";
import { z } from "zod";

/** Prefixes that belong to one app each; names that carry another app's prefix are left to that app. */
const appPrefixes = ["TERA_GATEWAY_", "TERA_WORKER_", "TERA_DASHBOARD_", "TERA_CLI_", "TERA_ADMIN_"];

/** Names that several apps read; one that does not need it passes it over. */
const sharedNames = [
  "TERA_SECRET",
  "TERA_LOG_LEVEL",
  "TERA_API_KEY",
  "TERA_BASE_URL",
  "TERA_FILES_S3_BUCKET",
  "TERA_FILES_S3_ENDPOINT",
  "TERA_FILES_S3_REGION",
  "TERA_FILES_S3_ACCESS_KEY_ID",
  "TERA_FILES_S3_SECRET_ACCESS_KEY",
  "TERA_FILES_S3_PREFIX",
  "TERA_FILES_S3_PATH_STYLE",
];

/** A configuration that cannot be used; the message has a line per problem, each naming its variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * @param fields zod schema per environment variable, e.g. `{ TERA_GATEWAY_PORT: z.coerce.number().int().default(8787) }`.
 * @param ownPrefix the app's prefix, e.g. `TERA_GATEWAY_`.
 * @throws {ConfigError} naming every variable that is wrong, missing or unknown.
 */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  fields: Shape,
  ownPrefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.infer<z.ZodObject<Shape>>> {
  const known = Object.keys(fields);
  const problems: string[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("TERA_") || known.includes(name) || sharedNames.includes(name)) continue;
    if (appPrefixes.some((prefix) => prefix !== ownPrefix && name.startsWith(prefix))) continue;
    problems.push(`${name}: unknown setting; did you mean ${closest(name, known)}?`);
  }
  const given = Object.fromEntries(
    known.map((name) => [name, environment[name] === "" ? undefined : environment[name]]),
  );
  const parsed = z.object(fields).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.join(".");
      problems.push(`${name}: ${given[name] === undefined ? "is not set" : issue.message}`);
    }
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems.join("\n"));
  return Object.freeze(parsed.data);
}

/** A whole number from text, within bounds: `integer(1, 65535)`. */
export function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^-?\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

/** `true`/`false`, `1`/`0`. */
export const flag = z.enum(["true", "false", "1", "0"]).transform((value) => value === "true" || value === "1");
