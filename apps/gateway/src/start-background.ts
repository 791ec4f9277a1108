/** The gateway's part in background work: which runs there are, and what they are given. */
import {
  type Background,
  createAutoTopUpRun,
  createDebtsRun,
  createEngineCountsRun,
  createExpiryNotices,
  createInvoiceRun,
  createLedgerCheck,
  createLowBalanceNotices,
  createNoticeDelivery,
  createNoticeStore,
  createUsageMonthsRun,
  type Run,
  startBackground,
} from "@tera/background";
import type { FileStores } from "@tera/batch";
import { connectDatabase } from "@tera/database";
import type { PaymentProvider } from "@tera/metering";
import { dropEngineCounts, type Redis, readEngineCounts } from "@tera/queue";
import type { Logger, Registry } from "@tera/telemetry";
import { createExpiredFilesRun } from "./batch/expired-files-run.ts";

/** A month of a large account is added up, a whole ledger is read: requests do not wait for that, they have their own connections. */
const statementTimeoutMs = 600_000;
const poolSizeMax = 3;

export interface GatewayBackgroundOptions {
  gatewayId: string;
  databaseUrl: string;
  redisUrl: string;
  /** For commands. */
  redis: Redis;
  /** Where notices go; undefined: nobody is told anything. */
  notices: { url: string; secret: Uint8Array } | undefined;
  paymentProvider: PaymentProvider | undefined;
  fileStores: Pick<FileStores, "on">;
  /** Months that are over whose usage is kept; undefined: all. */
  usageRetentionMonths: number | undefined;
  registry: Registry;
  log: Logger;
}

export async function startGatewayBackground(options: GatewayBackgroundOptions): Promise<Pick<Background, "stop">> {
  const {
    gatewayId,
    databaseUrl,
    redisUrl,
    redis,
    notices,
    paymentProvider: provider,
    fileStores,
    usageRetentionMonths,
    registry,
    log,
  } = options;
  const database = connectDatabase({ url: databaseUrl, name: "tera-background", statementTimeoutMs, poolSizeMax });
  const { db } = database;
  const author = `gateway:${gatewayId}`;
  const noticeStore = notices === undefined ? undefined : createNoticeStore({ db });
  const runs: Run[] = [
    createInvoiceRun({ db, author, noticeStore, log }),
    createLedgerCheck({ db, noticeStore, log }),
    createDebtsRun({ db, author, noticeStore }),
    createEngineCountsRun({
      db,
      source: {
        read: () => readEngineCounts(redis, log),
        drop: (entryIds) => dropEngineCounts(redis, entryIds),
      },
    }),
    createExpiredFilesRun(fileStores.on(db)),
    createUsageMonthsRun({ db, retentionMonths: usageRetentionMonths, author, log }),
  ];
  if (noticeStore !== undefined) {
    runs.push(createExpiryNotices({ db, noticeStore }), createLowBalanceNotices({ db, noticeStore }));
  }
  if (provider !== undefined) runs.push(createAutoTopUpRun({ db, provider, noticeStore, log }));
  const background = await startBackground({
    redisUrl,
    db,
    runs,
    notices:
      notices === undefined || noticeStore === undefined
        ? undefined
        : createNoticeDelivery({ store: noticeStore, ...notices }),
    registry,
    log,
  });
  return {
    async stop() {
      await background.stop();
      await database.close();
    },
  };
}
