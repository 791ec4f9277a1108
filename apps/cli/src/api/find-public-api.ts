/**
 * Which public API a command speaks to, and with which key: TERA_BASE_URL (or `--url`) and TERA_API_KEY, as for OpenAI's clients; beside `tera up` without
 * either its own address and first key. The key comes from the environment or a file only: arguments are seen by everybody on the machine.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isRunning } from "@tera/embedded";
import { parseEnvironment } from "@tera/protocol";
import { z } from "zod";
import { CliError } from "../terminal/cli-error.ts";
import { readStack } from "../up/data-directory.ts";
import { defaultDataDirectory } from "../up/flags.ts";

const fields = {
  /** `https://tera.example.com/v1` */
  TERA_BASE_URL: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
  TERA_API_KEY: z.string().optional(),
};

export interface PublicApiAddress {
  /** Without a slash at its end: `https://tera.example.com/v1`. */
  url: string;
  apiKey: string;
}

export interface PublicApiQuery {
  /** `--url` */
  url: string | undefined;
  /** `--data-dir` */
  dataDir: string | undefined;
  environment: NodeJS.ProcessEnv;
  cwd: string;
}

/**
 * @throws {ConfigError} naming a variable of the environment that is wrong.
 * @throws {CliError} when there is no address, or no key.
 */
export async function findPublicApi({ url, dataDir, environment, cwd }: PublicApiQuery): Promise<PublicApiAddress> {
  if (url !== undefined && dataDir !== undefined) throw new CliError("--url and --data-dir exclude each other.");
  const named = dataDir === undefined ? readEnvironment(environment) : {};
  const given = url ?? named.TERA_BASE_URL;
  if (given !== undefined) {
    if (named.TERA_API_KEY === undefined) throw new CliError(`TERA_API_KEY is not set: ${given} is asked with it.`);
    return { url: toBaseUrl(given), apiKey: named.TERA_API_KEY };
  }
  const directory = dataDir === undefined ? defaultDataDirectory : resolve(cwd, dataDir);
  const stack = await readStack(directory);
  // After a kill -9 the file is still there.
  if (stack === undefined || !(await isRunning(stack.pid))) {
    throw new CliError(
      `No Tera runs on ${directory}: start one with \`npm start\`, or set TERA_BASE_URL (https://tera.example.com/v1) and TERA_API_KEY.`,
    );
  }
  return { url: toBaseUrl(stack.api), apiKey: named.TERA_API_KEY ?? (await readFirstKey(directory)) };
}

/** Other settings are none of this command's. */
function readEnvironment(environment: NodeJS.ProcessEnv) {
  const own = Object.fromEntries(Object.keys(fields).map((name) => [name, environment[name]]));
  return parseEnvironment(fields, "TERA_CLI_", own);
}

/** An address without a path means its `/v1`. */
function toBaseUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  const path = pathname.replace(/\/+$/, "");
  return `${origin}${path === "" ? "/v1" : path}`;
}

async function readFirstKey(directory: string): Promise<string> {
  try {
    const text = await readFile(join(directory, "first-key"), "utf8");
    return z.object({ apiKey: z.string() }).parse(JSON.parse(text)).apiKey;
  } catch (error) {
    throw new CliError(
      `${join(directory, "first-key")} has no key: set TERA_API_KEY (\`tera keys create\` makes one).`,
      {
        cause: error,
      },
    );
  }
}
