/** The dashboard's settings: the only reader of `process.env` here. */
import { parseAddressBlock } from "@tera/access";
import { fileSettings, uploadSettings } from "@tera/batch";
import { ConfigError, integer, parseEnvironment } from "@tera/protocol";
import { z } from "zod";

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" });

const fields = {
  DATABASE_URL: z.url("must be a postgres:// URL"),
  REDIS_URL: z.url("must be a redis:// or rediss:// URL"),
  /** Shared with the gateways: keys are hashed under it, and sessions signed under a secret made from it. */
  TERA_SECRET: z.string().min(32, "must have at least 32 characters; make one with: openssl rand -hex 32"),
  TERA_DASHBOARD_HOST: z.string().default("127.0.0.1"),
  /** 0: any free port. */
  TERA_DASHBOARD_PORT: integer(0, 65_535).default(8_788),
  /** How browsers reach it, `https://tera.example.com`: sessions, links and passkeys are bound to it. By default `http://localhost` and the port. */
  TERA_DASHBOARD_URL: httpUrl.optional(),
  /** Files of a certificate and its key, in PEM, where no proxy in front speaks TLS. */
  TERA_DASHBOARD_TLS_CERT: z.string().optional(),
  TERA_DASHBOARD_TLS_KEY: z.string().optional(),
  /** Addresses and blocks of the proxies in front, with commas: their X-Forwarded-For says where a request comes from. */
  TERA_DASHBOARD_TRUSTED_PROXIES: z
    .string()
    .transform((text, context) =>
      text.split(",").flatMap((part) => {
        const parsed = parseAddressBlock(part);
        if ("block" in parsed) return [parsed.block];
        context.addIssue({ code: "custom", message: parsed.problem });
        return [];
      }),
    )
    .default([]),
  /** The gateway that the playground speaks to: `http://127.0.0.1:8787`. */
  TERA_DASHBOARD_GATEWAY_URL: httpUrl.default("http://127.0.0.1:8787"),
  /** What customers are told to call, `https://api.example.com/v1`; by default the gateway's own. */
  TERA_DASHBOARD_API_URL: httpUrl.optional(),
  /** Sign-in through an OpenID Connect provider: only people who are members already come in. To the letter as the provider writes it. */
  TERA_DASHBOARD_OIDC_ISSUER: z.url({ protocol: /^https?$/, error: "must be the provider's issuer URL" }).optional(),
  TERA_DASHBOARD_OIDC_CLIENT_ID: z.string().optional(),
  TERA_DASHBOARD_OIDC_CLIENT_SECRET: z.string().optional(),
  /** On the button. */
  TERA_DASHBOARD_OIDC_NAME: z.string().default("Single sign-on"),
  /** Stripe's API key, where customers pay by card: of the account that the gateways have a webhook of. */
  TERA_DASHBOARD_STRIPE_KEY: z
    .string()
    .regex(/^[sr]k_\w+$/, "must be a secret key (sk_...) or a restricted one (rk_...)")
    .optional(),
  /** Instead of Stripe's own API: a proxy that speaks it. */
  TERA_DASHBOARD_STRIPE_URL: httpUrl.optional(),
  /** Where the gateways keep files, and what may be uploaded: as theirs. */
  ...fileSettings,
  ...uploadSettings,
  TERA_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
};

/** Of no use without each other. */
const together = [
  ["TERA_DASHBOARD_TLS_CERT", "TERA_DASHBOARD_TLS_KEY"],
  ["TERA_DASHBOARD_OIDC_ISSUER", "TERA_DASHBOARD_OIDC_CLIENT_ID"],
  ["TERA_DASHBOARD_OIDC_ISSUER", "TERA_DASHBOARD_OIDC_CLIENT_SECRET"],
] as const;

export type DashboardConfig = ReturnType<typeof readConfig>;

/** @throws {ConfigError} naming every variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const config = parseEnvironment(fields, "TERA_DASHBOARD_", environment);
  for (const [one, other] of together) {
    if ((config[one] === undefined) === (config[other] === undefined)) continue;
    const [set, unset] = config[one] === undefined ? [other, one] : [one, other];
    throw new ConfigError(`${unset}: is not set, and ${set} is: one is of no use without the other`);
  }
  return config;
}
