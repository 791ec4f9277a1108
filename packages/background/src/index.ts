/** Background work: runs on job schedulers, and notices to the operator's webhook. State is in Postgres; Redis only wakes. */
export { type Background, type BackgroundOptions, startBackground } from "./background.ts";
export { createNoticeDelivery, type NoticeDelivery } from "./notices/deliver-notice.ts";
export { createNoticeStore, type NewNotice, type NoticeStore, type NoticeType } from "./notices/notice-store.ts";
export {
  batchStepQueue,
  closeQueues,
  connectQueues,
  lineQueueName,
  noticeQueue,
  openQueue,
  openWorker,
  type QueueConnections,
  runQueue,
} from "./queues.ts";
export type { BackgroundLog, Run } from "./run.ts";
export { createAutoTopUpRun } from "./runs/auto-top-up-run.ts";
export { createDebtsRun } from "./runs/debts.ts";
export { createEngineCountsRun, type EngineCountSource } from "./runs/engine-counts.ts";
export { createExpiryNotices } from "./runs/expiry-notices.ts";
export { createInvoiceRun } from "./runs/invoice-run.ts";
export { createLedgerCheck } from "./runs/ledger-check.ts";
export { createLowBalanceNotices } from "./runs/low-balance-notices.ts";
export { createUsageMonthsRun } from "./runs/usage-months.ts";
