/** The dashboard's process: configuration, connections, listen. The only file with side effects. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAddressList } from "@tera/access";
import { connectQueues } from "@tera/background";
import { openFileStores, readS3Settings, readUploadRules } from "@tera/batch";
import { connectDatabase, databaseReason, isDatabaseUnavailable, migrateDatabase } from "@tera/database";
import { openStripe } from "@tera/metering";
import { ConfigError } from "@tera/protocol";
import {
  askRunnerAction,
  askRunnerLogs,
  createFiguresReader,
  openRedis,
  publishInvalidation,
  RedisUnsuitableError,
  readWorkerStates,
} from "@tera/queue";
import { createLogger } from "@tera/telemetry";
import { createApp } from "./app.ts";
import { type DashboardConfig, readConfig } from "./config.ts";
import { createLiveHub } from "./live/live-hub.ts";
import { readToday } from "./live/read-today.ts";
import { createLaneQueues } from "./queue/lane-queues.ts";
import { createAuth } from "./sign-in/auth.ts";
import { createOidcDiscovery } from "./sign-in/oidc-discovery.ts";
import { createOidcProvider, type OidcSettings } from "./sign-in/oidc-provider.ts";

const webDirectory = join(import.meta.dirname, "..", "dist");

/** Statements, invoice runs, re-ratings, checks of the ledger: one of each at most, and two statements on the screen. */
const longConnectionsMax = 6;
/** A worker looks at once. */
const workerAnswerTimeoutMs = 5_000;
const longStatementTimeoutMs = 600_000;
/** Of a month by hour and account, what is added up stays in memory. */
const sortMemoryMb = 32;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLogger({ name: "dashboard", level: config.TERA_LOG_LEVEL });
  const database = connectDatabase({ url: config.DATABASE_URL, name: "tera-dashboard", sortMemoryMb });
  const longDatabase = connectDatabase({
    url: config.DATABASE_URL,
    name: "tera-dashboard-long",
    poolSizeMax: longConnectionsMax,
    statementTimeoutMs: longStatementTimeoutMs,
  });
  const redis = await openRedis(config.REDIS_URL, { name: "tera-dashboard", log });
  const queueConnections = connectQueues(config.REDIS_URL, log);
  await queueConnections.commands.connect();
  await migrateDatabase(config.DATABASE_URL, { log });

  const origin = originOf(config);
  const oidc = oidcOf(config);
  const auth = createAuth({
    db: database.db,
    secret: signInSecret(config.TERA_SECRET),
    origin,
    oidc: oidc && createOidcProvider(oidc, { discovery: createOidcDiscovery(oidc), log }),
  });
  const readWorkers = () => readWorkerStates(redis);
  const app = await createApp({
    db: database.db,
    databaseUrl: config.DATABASE_URL,
    longDb: longDatabase.db,
    files: (await openFileStores(readS3Settings(config))).on(database.db),
    uploadRules: readUploadRules(config),
    queues: createLaneQueues(queueConnections, log),
    payments: await openPayments(config),
    auth,
    origin,
    oidcName: oidc?.name,
    secret: config.TERA_SECRET,
    gatewayUrl: config.TERA_DASHBOARD_GATEWAY_URL.replace(/\/$/, ""),
    apiUrl: config.TERA_DASHBOARD_API_URL ?? `${config.TERA_DASHBOARD_GATEWAY_URL.replace(/\/$/, "")}/v1`,
    readWorkers,
    workerLine: {
      act: (question) => askRunnerAction(redis, { ...question, timeoutMs: workerAnswerTimeoutMs }),
      readLogs: (question) => askRunnerLogs(redis, { ...question, timeoutMs: workerAnswerTimeoutMs }),
    },
    liveHub: createLiveHub({
      figuresReader: createFiguresReader({ redis }),
      readWorkers,
      readToday: () => readToday(database.db),
      log,
    }),
    async tellGateways(message) {
      await publishInvalidation(redis, message).catch((error: Error) =>
        log.warn(
          { reason: error.message, message },
          "gateways could not be told of a change: they learn of it when their caches expire",
        ),
      );
    },
    trustedProxies: createAddressList(config.TERA_DASHBOARD_TRUSTED_PROXIES),
    tls: await readTls(config),
    webDirectory,
    log,
  });
  await app.listen({ host: config.TERA_DASHBOARD_HOST, port: config.TERA_DASHBOARD_PORT });
  log.info({ url: origin }, "dashboard listens");
  process.send?.({ type: "ready", url: origin });

  let ending = false;
  async function end(reason: string): Promise<void> {
    if (ending) process.exit(1);
    ending = true;
    log.info({ reason }, "dashboard stops");
    await app.close();
    redis.disconnect();
    queueConnections.close();
    await Promise.all([database.close(), longDatabase.close()]);
    process.exit(0);
  }
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  // The parent that started us with a channel is gone: nobody would stop us any more.
  process.on("disconnect", () => void end("parent gone"));
}

function originOf({
  TERA_DASHBOARD_URL: url,
  TERA_DASHBOARD_PORT: port,
  TERA_DASHBOARD_TLS_CERT: cert,
}: DashboardConfig): string {
  if (url !== undefined) return new URL(url).origin;
  if (port === 0)
    throw new ConfigError("TERA_DASHBOARD_URL: is not set, and TERA_DASHBOARD_PORT is 0: links need a known address");
  return `${cert === undefined ? "http" : "https"}://localhost:${port}`;
}

function oidcOf(config: DashboardConfig): OidcSettings | undefined {
  const {
    TERA_DASHBOARD_OIDC_ISSUER: issuer,
    TERA_DASHBOARD_OIDC_CLIENT_ID: clientId,
    TERA_DASHBOARD_OIDC_CLIENT_SECRET: clientSecret,
    TERA_DASHBOARD_OIDC_NAME: name,
  } = config;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return { issuer, clientId, clientSecret, name };
}

async function openPayments({ TERA_DASHBOARD_STRIPE_KEY: apiKey, TERA_DASHBOARD_STRIPE_URL: apiUrl }: DashboardConfig) {
  // What Stripe tells, it tells the gateways.
  return apiKey === undefined ? undefined : openStripe({ apiKey, apiUrl, webhookSecret: undefined });
}

async function readTls({ TERA_DASHBOARD_TLS_CERT: cert, TERA_DASHBOARD_TLS_KEY: key }: DashboardConfig) {
  if (cert === undefined || key === undefined) return undefined;
  const [certBytes, keyBytes] = await Promise.all([readFile(cert), readFile(key)]);
  return { cert: certBytes, key: keyBytes };
}

/** Not the secret that keys are hashed under, but one that only follows from it. */
function signInSecret(secret: string): string {
  return createHmac("sha256", secret).update("dashboard sign-in").digest("hex");
}

/** What cannot be used or reached is one sentence; only what nobody foresaw comes with its stack. */
function describeFailure(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof RedisUnsuitableError) return error.message;
  if (!isDatabaseUnavailable(error)) return error;
  return `Postgres cannot be reached (${databaseReason(error)}). Check DATABASE_URL, and that the server runs.`;
}

main().catch((error: unknown) => {
  console.error(describeFailure(error));
  process.exit(1);
});
