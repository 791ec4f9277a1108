/** The gateway's process: configuration, connections, listen, drain. The only file with side effects. */
import { createAddressList, createAuthenticator, createKeyStore, createModelStore, invalidApiKey } from "@tera/access";
import { createBatchStore, openFileStores, readS3Settings, readUploadRules } from "@tera/batch";
import { connectDatabase, databaseReason, isDatabaseUnavailable, migrateDatabase } from "@tera/database";
import {
  createContentStore,
  createContentWriter,
  createCreditDesk,
  createCreditStore,
  createPriceStore,
  createRefusalLog,
  createRefusalStore,
  createUsageSettler,
  createUsageWriter,
  ensureUsageMonths,
  openStripe,
} from "@tera/metering";
import { batchFrameEveryMs, ConfigError } from "@tera/protocol";
import {
  connectBlockingRedis,
  createLane,
  createLimitStore,
  type Invalidation,
  openRedis,
  RedisUnsuitableError,
  readWorkerStates,
  sendControl,
  startCreditRecall,
  startFiguresPublisher,
  startGatewayPresence,
  startReplyReader,
  subscribeInvalidation,
} from "@tera/queue";
import { createLogger, createMetrics } from "@tera/telemetry";
import { createApp } from "./app.ts";
import { createBiller } from "./billing/biller.ts";
import { startLeaseSweep } from "./billing/lease-sweep.ts";
import { startPriceList } from "./billing/price-list.ts";
import { createSealer } from "./billing/seal.ts";
import { startCatalog } from "./catalog/catalog.ts";
import { readConfig } from "./config.ts";
import { createFigureCounter } from "./figure-counter.ts";
import { registerGatewayMetrics } from "./gateway-metrics.ts";
import { createAdmitter } from "./inference/admit.ts";
import { createDispatcher } from "./inference/enqueue.ts";
import { createExchanges } from "./inference/exchange.ts";
import { createContentLog } from "./inference/keep-content.ts";
import { createRetryBudget } from "./inference/retry-budget.ts";
import { startRoster } from "./inference/roster.ts";
import { startUsageCopies } from "./inference/settle.ts";
import { createLimiter } from "./limits/limiter.ts";
import { createOperationsApp } from "./operations.ts";
import { startGatewayBackground } from "./start-background.ts";
import { startGatewayBatchLane } from "./start-batch-lane.ts";

const settleOnExitMs = 2_000;
const dayMs = 86_400_000;
/** A line of a batch that no slot was left for goes back, and comes again: its turn may be another account's by then. */
const batchQueueWaitMs = 600_000;

async function main(): Promise<void> {
  const config = readConfig();
  const gatewayId = config.TERA_GATEWAY_ID;
  const log = createLogger({ name: "gateway", level: config.TERA_LOG_LEVEL }).child({ gatewayId });

  const fileStores = await openFileStores(readS3Settings(config));
  await fileStores.check();
  const database = connectDatabase({ url: config.DATABASE_URL, name: "tera-gateway" });
  const redis = await openRedis(config.REDIS_URL, { name: "tera-gateway", log });
  const connectBlocking = (name: string) => connectBlockingRedis(config.REDIS_URL, { name, log });
  await migrateDatabase(config.DATABASE_URL, { log });
  // An event whose month is missing is settled all the same, and moved to it later.
  await ensureUsageMonths(database.db).catch((error: unknown) =>
    log.warn({ reason: databaseReason(error) }, "the coming months of usage could not be made"),
  );

  const authenticator = createAuthenticator({
    keyStore: createKeyStore({ db: database.db, secret: config.TERA_SECRET }),
    secret: config.TERA_SECRET,
    freshMs: config.TERA_GATEWAY_KEY_CACHE_MS,
  });
  const settler = createUsageSettler({
    writer: createUsageWriter({ db: database.db, author: `gateway:${gatewayId}` }),
    log,
    onSettled: (requestIds) => copies.onSettled(requestIds),
    onRejected: (requestIds) => copies.onSettled(requestIds),
  });
  const metrics = createMetrics({ labels: { service: "gateway", instance: gatewayId } });
  const count = registerGatewayMetrics(metrics, {
    openRequests: () => admitter.open,
    waitingJobs: () => dispatcher.waiting,
    pendingUsage: () => settler.counts().pending,
  });

  const figures = createFigureCounter({
    openRequests: () => admitter.open,
    waitingJobs: () => dispatcher.waiting,
  });

  const contentWriter = createContentWriter({
    store: createContentStore({ db: database.db }),
    log,
    onLost: (requests) => count.contentLost(requests),
  });
  const refusalLog = createRefusalLog({
    store: createRefusalStore({ db: database.db }),
    log,
    onLost: (requests) => count.refusalsLost(requests),
  });

  const presence = await startGatewayPresence({ gatewayId, redis, log, onWasSilent: () => desk.doubtHeld() });
  const roster = await startRoster({ readWorkerStates: () => readWorkerStates(redis) });
  const dispatcher = createDispatcher({ lane: createLane({ redis }), roster });
  roster.onChange(() => dispatcher.pump());
  const catalog = await startCatalog({ roster, modelStore: createModelStore({ db: database.db }), log });
  const unpricedIsFree = config.TERA_GATEWAY_UNPRICED === "free";
  const priceList = await startPriceList({ priceStore: createPriceStore({ db: database.db }), log });
  const creditStore = createCreditStore({ db: database.db });
  const desk = createCreditDesk({
    store: creditStore,
    gatewayId,
    recall: (purseId, gatewayIds) => creditRecall.recall(purseId, gatewayIds),
  });
  const creditRecall = await startCreditRecall({
    gatewayId,
    redis,
    blockingRedis: connectBlocking("tera-gateway-recall"),
    giveBackIdle: (purseId) => desk.giveBackIdle(purseId),
    log,
  });
  const biller = createBiller({
    priceList,
    desk,
    creditStore,
    unpricedIsFree,
    outputTokensMax: (model) => catalog.find(model)?.profile.maxOutputLength ?? undefined,
  });
  const limiter = createLimiter({
    store: createLimitStore({ redis }),
    connected: () => presence.connected,
    onRefused(limit) {
      count.limited(limit);
      figures.limited(limit);
    },
    log,
  });
  const admitter = createAdmitter({
    roster,
    catalog,
    biller,
    limiter,
    queueConnected: () => presence.connected,
    openMax: config.TERA_GATEWAY_QUEUE_DEPTH_MAX,
  });
  const sealer = createSealer(config.TERA_SECRET);
  const exchanges = createExchanges({
    gatewayId,
    dispatcher,
    deadlines: {
      queueWaitMs: config.TERA_GATEWAY_QUEUE_WAIT_MS,
      firstTokenMs: config.TERA_GATEWAY_FIRST_TOKEN_MS,
      betweenTokensMs: config.TERA_GATEWAY_BETWEEN_TOKENS_MS,
      totalMs: config.TERA_GATEWAY_TOTAL_MS,
    },
    batchDeadlines: {
      queueWaitMs: batchQueueWaitMs,
      firstTokenMs: config.TERA_GATEWAY_FIRST_TOKEN_MS,
      betweenTokensMs: config.TERA_GATEWAY_BETWEEN_TOKENS_MS + batchFrameEveryMs,
      totalMs: batchQueueWaitMs + config.TERA_GATEWAY_TOTAL_MS,
    },
    roster,
    retryBudget: createRetryBudget(),
    presence,
    sealer,
    cancelAttempt(workerId, requestId, attempt, reason) {
      sendControl(redis, workerId, { version: 1, type: "cancel", requestId, attempt, reason }).catch((error: Error) =>
        // The worker finds out by itself that nobody reads, or ends the attempt; its frames are dropped.
        log.warn({ workerId, requestId, reason: error.message }, "a cancellation could not be sent"),
      );
    },
    settle(record) {
      count.ended(record);
      // Settled with its result, see batch/end-lines.ts.
      if (record.billing?.lane === "batch") return;
      figures.ended(record);
      settler.add(record);
    },
  });
  presence.onReplyStreamLost(() => {
    log.warn({ open: exchanges.count }, "the reply stream was gone: what was sent is tried again");
    exchanges.onRepliesLost();
  });
  const leaseSweep = startLeaseSweep({
    gatewayId,
    redis,
    creditStore,
    desk,
    hasPendingUsage: (matches) => settler.hasPending(matches),
    log,
  });
  const copies = startUsageCopies({
    gatewayId,
    redis,
    settler,
    sealer,
    isOpen: (requestId) => exchanges.has(requestId),
    log,
  });
  const replies = startReplyReader({
    gatewayId,
    redis,
    blockingRedis: connectBlocking("tera-gateway-reply"),
    onFrames: (frames) => exchanges.onFrames(frames),
    log,
  });
  function onKeyChange({ keyId, end }: Extract<Invalidation, { type: "key" }>): void {
    authenticator.forget(keyId);
    // Its budgets may have been lowered: nothing is to be spent from credit that was taken before.
    desk.release((purseId) => purseId.startsWith(`${keyId}:`));
    if (end !== undefined) exchanges.revoke(keyId, invalidApiKey(), end === "all");
  }
  const invalidation = await subscribeInvalidation({
    blockingRedis: connectBlocking("tera-gateway-invalidate"),
    onMessage(message) {
      if (message.type === "key") onKeyChange(message);
      else if (message.type === "account") authenticator.forgetAccount(message.accountId);
      else if (message.type === "catalog") void catalog.refresh();
      else if (message.type === "prices") void priceList.refresh();
      else void roster.refresh();
    },
    onReconnect() {
      authenticator.clear();
      void catalog.refresh();
      void priceList.refresh();
      void roster.refresh();
    },
  });
  // What changed between the first reading and the subscription was not heard.
  await Promise.all([catalog.refresh(), priceList.refresh()]);

  const paymentProvider =
    config.TERA_GATEWAY_STRIPE_KEY === undefined
      ? undefined
      : await openStripe({
          apiKey: config.TERA_GATEWAY_STRIPE_KEY,
          webhookSecret: config.TERA_GATEWAY_STRIPE_WEBHOOK_SECRET,
          apiUrl: config.TERA_GATEWAY_STRIPE_URL,
        });
  const { TERA_GATEWAY_NOTICE_URL: noticeUrl, TERA_GATEWAY_NOTICE_SECRET: noticeSecret } = config;
  const background = config.TERA_GATEWAY_BACKGROUND
    ? await startGatewayBackground({
        gatewayId,
        databaseUrl: config.DATABASE_URL,
        redisUrl: config.REDIS_URL,
        redis,
        notices:
          noticeUrl === undefined || noticeSecret === undefined ? undefined : { url: noticeUrl, secret: noticeSecret },
        paymentProvider,
        fileStores,
        usageRetentionMonths: config.TERA_GATEWAY_USAGE_RETENTION_MONTHS,
        registry: metrics,
        log,
      })
    : undefined;

  const uploadRules = readUploadRules(config);
  const batchLane = config.TERA_GATEWAY_BACKGROUND
    ? await startGatewayBatchLane({
        gatewayId,
        databaseUrl: config.DATABASE_URL,
        redisUrl: config.REDIS_URL,
        redis,
        roster,
        fileStores,
        limits: uploadRules.limits,
        fileRetentionMs: uploadRules.retentionMs,
        tellsNotices: noticeUrl !== undefined,
        exchanges,
        biller,
        catalog,
        priceList,
        registry: metrics,
        log,
      })
    : undefined;

  const figuresPublisher = startFiguresPublisher({ gatewayId, redis, read: figures.read, log });
  let draining = false;
  const checks = {
    redis: () => presence.connected,
    postgres: () =>
      database.ping().then(
        () => true,
        () => false,
      ),
    draining: () => draining,
  };
  const app = createApp({
    authenticator,
    admitter,
    limiter,
    exchanges,
    contentLog: createContentLog({
      writer: contentWriter,
      retentionMs: config.TERA_GATEWAY_CONTENT_RETENTION_DAYS * dayMs,
    }),
    refusalLog,
    countRefusal(error) {
      figures.refused(error.fault);
      count.refused(error.code);
    },
    catalog,
    priceList,
    unpricedIsFree,
    publicHealth: config.TERA_GATEWAY_HEALTH_PUBLIC ? checks : undefined,
    batchApi: {
      files: fileStores.on(database.db),
      batches: createBatchStore({ db: database.db }),
      uploadRules,
    },
    stripeWebhook: paymentProvider === undefined ? undefined : { provider: paymentProvider, db: database.db },
    bodyMaxBytes: config.TERA_GATEWAY_BODY_MAX_BYTES,
    trustedProxies: createAddressList(config.TERA_GATEWAY_TRUSTED_PROXIES),
    log,
  });
  const url = await app.listen({ host: config.TERA_GATEWAY_HOST, port: config.TERA_GATEWAY_PORT });
  const operations =
    config.TERA_GATEWAY_OPERATIONS_PORT === undefined ? undefined : createOperationsApp(checks, metrics);
  const operationsUrl = await operations?.listen({
    host: config.TERA_GATEWAY_OPERATIONS_HOST,
    port: config.TERA_GATEWAY_OPERATIONS_PORT ?? 0,
  });
  log.info({ url, operationsUrl }, "gateway listens");
  process.send?.({ type: "ready", url, operationsUrl });

  async function end(reason: string): Promise<void> {
    if (draining) process.exit(1);
    draining = true;
    log.info({ reason, open: exchanges.count }, "gateway drains");
    admitter.drain();
    await batchLane?.stop();
    await waitUntil(() => admitter.open === 0, config.TERA_GATEWAY_DRAIN_MS);
    await Promise.all([settler, contentWriter, refusalLog].map((part) => part.close(settleOnExitMs)));
    await copies.sweep().catch(() => undefined);
    await desk.close();
    for (const part of [
      copies,
      figuresPublisher,
      limiter,
      leaseSweep,
      priceList,
      exchanges,
      catalog,
      roster,
      invalidation,
      creditRecall,
    ])
      part.stop();
    await Promise.allSettled([app.close(), operations?.close(), replies.stop(), presence.stop(), background?.stop()]);
    redis.disconnect();
    await database.close();
    fileStores.close();
    process.exit(0);
  }
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  // The parent that started us with a channel is gone: nobody would stop us any more.
  process.on("disconnect", () => void end("parent gone"));
}

/** Resolves when the condition holds or the time is up. */
async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!condition() && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20));
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
