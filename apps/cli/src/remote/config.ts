/** Which Admin API a command speaks to, where it speaks to one, and as whom. The token comes from the environment only: arguments are seen by everybody on the machine. */
import { parseEnvironment } from "@tera/protocol";
import { z } from "zod";
import { CliError } from "../terminal/cli-error.ts";

const prefix = "TERA_ADMIN_";

const fields = {
  /** The dashboard's address: https://tera.example.com */
  TERA_ADMIN_URL: z.url({ protocol: /^https?$/, error: "must be an https:// URL, the dashboard's" }).optional(),
  /** Of `tera admin token`, or of the dashboard's page Members. */
  TERA_ADMIN_TOKEN: z.string().startsWith("tera-admin-", "must begin with tera-admin-").optional(),
};

export interface RemoteConfig {
  /** Ends with a slash. */
  url: string;
  token: string;
}

export interface RemoteQuery {
  /** `--url` */
  url: string | undefined;
  /** `--data-dir` */
  dataDir: string | undefined;
  environment: NodeJS.ProcessEnv;
}

/**
 * @returns undefined: no Admin API was named, or `--data-dir` names something else.
 * @throws {ConfigError} naming a variable of the environment that is wrong.
 * @throws {CliError} without a token, or where it would cross the network for all to read.
 */
export function readRemoteConfig({ url, dataDir, environment }: RemoteQuery): RemoteConfig | undefined {
  if (url !== undefined && dataDir !== undefined) throw new CliError("--url and --data-dir exclude each other.");
  const named = dataDir === undefined ? readEnvironment(environment) : {};
  const text = url ?? named.TERA_ADMIN_URL;
  if (text === undefined) return undefined;
  const base = new URL(text);
  if (base.username !== "" || base.password !== "") {
    throw new CliError("The URL of the Admin API holds a name or a password, which it does not take.");
  }
  if (base.protocol === "http:" && !isThisMachine(base.hostname)) {
    throw new CliError(`The token would cross the network for all to read: use https:// for ${base.host}.`);
  }
  if (named.TERA_ADMIN_TOKEN === undefined) {
    throw new CliError(
      "TERA_ADMIN_TOKEN is not set: `tera admin token` makes one on the server, and the dashboard's page Members does too.",
    );
  }
  const path = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  return { url: `${base.origin}${path}`, token: named.TERA_ADMIN_TOKEN };
}

/** Other names are judged where the stack on this machine is looked for. */
function readEnvironment(environment: NodeJS.ProcessEnv) {
  const own = Object.entries(environment).filter(([name]) => name.startsWith(prefix));
  return parseEnvironment(fields, prefix, Object.fromEntries(own));
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
