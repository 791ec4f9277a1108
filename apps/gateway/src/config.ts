/** The gateway's settings: the only reader of `process.env` here. */
import { parseAddressBlock } from "@tera/access";
import { fileSettings, uploadSettings } from "@tera/batch";
import { ConfigError, flag, integer, newRequestId, parseEnvironment } from "@tera/protocol";
import { z } from "zod";

/** `10.0.0.0/8,2001:db8::1` */
const addressBlocks = z.string().transform((text, context) =>
  text.split(",").flatMap((part) => {
    const parsed = parseAddressBlock(part);
    if ("block" in parsed) return [parsed.block];
    context.addIssue({ code: "custom", message: parsed.problem });
    return [];
  }),
);

const fields = {
  DATABASE_URL: z.url("must be a postgres:// URL"),
  REDIS_URL: z.url("must be a redis:// or rediss:// URL"),
  /** Keys are stored as a hash under this secret; all gateways share it. */
  TERA_SECRET: z.string().min(32, "must have at least 32 characters; make one with: openssl rand -hex 32"),
  TERA_GATEWAY_HOST: z.string().default("127.0.0.1"),
  /** 0: any free port. */
  TERA_GATEWAY_PORT: integer(0, 65_535).default(8_787),
  /** Unique among gateways that were alive in the last ten minutes. */
  TERA_GATEWAY_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _, . or -")
    .default(() => newRequestId().replace("req_", "gw-").slice(0, 13)),
  /** A second listener for health and metrics; without it there are none. 0: any free port. */
  TERA_GATEWAY_OPERATIONS_PORT: integer(0, 65_535).optional(),
  TERA_GATEWAY_OPERATIONS_HOST: z.string().default("127.0.0.1"),
  /** Health on the public listener too. */
  TERA_GATEWAY_HEALTH_PUBLIC: flag.default(false),
  /** Addresses and blocks of the proxies in front, with commas: their X-Forwarded-For says where a request comes from. From anybody else it is not believed. */
  TERA_GATEWAY_TRUSTED_PROXIES: addressBlocks.default([]),
  /** Bytes. A prompt of a million tokens is legal. */
  TERA_GATEWAY_BODY_MAX_BYTES: integer(1_024, 1_073_741_824).default(32 * 1_024 * 1_024),
  /** Requests that may wait for a slot, over all models; more are answered with 429. */
  TERA_GATEWAY_QUEUE_DEPTH_MAX: integer(0, 1_000_000).default(10_000),
  /** What becomes of models without a price: `refuse`, or `free`: served for nothing. */
  TERA_GATEWAY_UNPRICED: z.enum(["refuse", "free"]).default("refuse"),
  /** Months that are over whose usage events are kept; older ones are dropped as a whole, roll-ups and ledger stay. Without it nothing is dropped. */
  TERA_GATEWAY_USAGE_RETENTION_MONTHS: integer(1, 1_200).optional(),
  /** How long prompts and answers are kept of keys that have content logging switched on. Days. What was kept before keeps its expiry. */
  TERA_GATEWAY_CONTENT_RETENTION_DAYS: integer(1, 365).default(30),
  ...uploadSettings,
  ...fileSettings,
  /** Deadlines of a request. Milliseconds. */
  TERA_GATEWAY_QUEUE_WAIT_MS: integer(1, 86_400_000).default(120_000),
  TERA_GATEWAY_FIRST_TOKEN_MS: integer(1, 86_400_000).default(180_000),
  TERA_GATEWAY_BETWEEN_TOKENS_MS: integer(1, 86_400_000).default(60_000),
  TERA_GATEWAY_TOTAL_MS: integer(1, 86_400_000).default(3_600_000),
  /** How long open requests may take to end after SIGTERM. Milliseconds. */
  TERA_GATEWAY_DRAIN_MS: integer(0, 3_600_000).default(30_000),
  /** How long a key is remembered; a revocation is pushed and does not wait for this. Milliseconds. */
  TERA_GATEWAY_KEY_CACHE_MS: integer(0, 3_600_000).default(60_000),
  /** Takes part in background work: invoices, checks, notices. */
  TERA_GATEWAY_BACKGROUND: flag.default(true),
  /** Where notices are sent: keys that expire, accounts that are low, invoices, findings in the ledger. */
  TERA_GATEWAY_NOTICE_URL: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
  /** They are signed with it, as Standard Webhooks says. */
  TERA_GATEWAY_NOTICE_SECRET: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/,
      "must be whsec_ and 24 to 64 bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)",
    )
    .transform((text) => Buffer.from(text.slice("whsec_".length), "base64"))
    .optional(),
  /** Payments by Stripe: its API key, and the secret of the webhook that leads to /webhooks/stripe. */
  TERA_GATEWAY_STRIPE_KEY: z
    .string()
    .regex(/^[sr]k_\w+$/, "must be a secret key (sk_...) or a restricted one (rk_...)")
    .optional(),
  TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  /** Instead of Stripe's own API: a proxy that speaks it. */
  TERA_GATEWAY_STRIPE_URL: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
  TERA_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
};

/** What is signed, and what it is signed with: an unsigned payment would be believed from anybody. */
const pairs = [
  ["TERA_GATEWAY_STRIPE_KEY", "TERA_GATEWAY_STRIPE_WEBHOOK_SECRET"],
  ["TERA_GATEWAY_NOTICE_URL", "TERA_GATEWAY_NOTICE_SECRET"],
] as const;

/** @throws {ConfigError} naming every variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const config = parseEnvironment(fields, "TERA_GATEWAY_", environment);
  for (const [one, other] of pairs) {
    const set = config[one] === undefined ? other : one;
    const unset = set === one ? other : one;
    if (config[set] !== undefined && config[unset] === undefined) {
      throw new ConfigError(`${unset}: is not set, and ${set} is: one is of no use without the other`);
    }
  }
  return config;
}
