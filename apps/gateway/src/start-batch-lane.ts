/** The gateway's part in the batch lane: its connections, and who is given what. */
import { type Principal, readPrincipal } from "@tera/access";
import { connectQueues } from "@tera/background";
import { createBatchStore, createLineStore, type FileStores, type LineLimits, readLaneFigures } from "@tera/batch";
import { connectDatabase } from "@tera/database";
import { findGoneGateways, type Redis } from "@tera/queue";
import type { Logger, Registry } from "@tera/telemetry";
import { createAnswerMemory } from "./batch/answer-memory.ts";
import { type BatchLane, startBatchLane } from "./batch/batch-lane.ts";
import { registerBatchMetrics } from "./batch/batch-metrics.ts";
import { createLineEnder } from "./batch/end-lines.ts";
import { createBatchMover } from "./batch/move-batches.ts";
import { createLineRunner, type LineRunnerOptions } from "./batch/run-line.ts";
import type { PriceList } from "./billing/price-list.ts";
import type { Catalog } from "./catalog/catalog.ts";
import type { Roster } from "./inference/roster.ts";

/** Thousands of lines are written at once; live requests have connections of their own. */
const statementTimeoutMs = 120_000;
const poolSizeMax = 6;
/** A key that is revoked or changed is known for so long. */
const keyFreshMs = 5_000;

export interface GatewayBatchLaneOptions extends LineRunnerOptions {
  gatewayId: string;
  databaseUrl: string;
  redisUrl: string;
  /** For commands. */
  redis: Redis;
  roster: Pick<Roster, "find" | "empty">;
  catalog: Pick<Catalog, "find" | "resolve">;
  priceList: Pick<PriceList, "at">;
  fileStores: Pick<FileStores, "on">;
  limits: LineLimits;
  fileRetentionMs: number;
  tellsNotices: boolean;
  registry: Registry;
  log: Logger;
}

export async function startGatewayBatchLane(options: GatewayBatchLaneOptions): Promise<BatchLane> {
  const {
    gatewayId,
    databaseUrl,
    redisUrl,
    redis,
    roster,
    fileStores,
    limits,
    fileRetentionMs,
    catalog,
    priceList,
    tellsNotices,
    registry,
    log,
  } = options;
  const database = connectDatabase({ url: databaseUrl, name: "tera-batch", statementTimeoutMs, poolSizeMax });
  const { db } = database;
  const connections = connectQueues(redisUrl, log);
  await Promise.allSettled([connections.commands.connect(), connections.waiting.connect()]);
  const files = fileStores.on(db);
  const batches = createBatchStore({ db });
  const lines = createLineStore({ db, author: `gateway:${gatewayId}` });
  // A batch asks for the same one at every line.
  const principals = createAnswerMemory<Principal>(keyFreshMs);
  const lane = await startBatchLane({
    gatewayId,
    connections,
    batches,
    lines,
    files,
    mover: createBatchMover({
      db,
      files,
      batches,
      limits,
      fileRetentionMs,
      catalog,
      // What has a price is sold, and will be served again; without any worker there is nobody to know it from.
      isKnown: (model) =>
        roster.empty || catalog.find(model) !== undefined || priceList.at(model, Date.now()) !== undefined,
      tellsNotices,
    }),
    runner: createLineRunner(options),
    ender: createLineEnder({ lines, log }),
    roster,
    principalOf: (keyId) => principals(keyId, () => readPrincipal(db, keyId)),
    findGone: (gatewayIds) => findGoneGateways(redis, gatewayIds),
    metrics: registerBatchMetrics(registry, {
      read: () => readLaneFigures(db),
      isKnown: (model) => catalog.find(model) !== undefined,
    }),
    log,
  });
  return {
    async stop() {
      await lane.stop();
      connections.close();
      await database.close();
    },
  };
}
