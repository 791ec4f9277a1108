/** Everything that touches Redis: lanes, replies, control, who is alive, usage copies, invalidation. */
export {
  checkRedis,
  connectBlockingRedis,
  connectRedis,
  openRedis,
  type Redis,
  type RedisLog,
  RedisUnsuitableError,
} from "./connection.ts";
export { sendControl, startControlReader } from "./control.ts";
export { type CreditRecall, startCreditRecall } from "./credit-recall.ts";
export { dropEngineCounts, type EngineCountPage, publishEngineCount, readEngineCounts } from "./engine-counts.ts";
export {
  createFiguresReader,
  type FiguresPublisher,
  type FiguresReader,
  figuresKeptMs,
  startFiguresPublisher,
  type ToldFigures,
} from "./gateway-figures.ts";
export { type GatewayPresence, readGatewayBirths, startGatewayPresence } from "./gateway-presence.ts";
export { type Invalidation, publishInvalidation, subscribeInvalidation } from "./invalidation.ts";
export { keys } from "./keys.ts";
export { createLane, type Lane, type LaneEntry } from "./lane.ts";
export { type ClaimedJob, startLaneReader } from "./lane-reader.ts";
export {
  createLimitStore,
  type HeldPlace,
  type LimitAnswer,
  type LimitAsk,
  type LimitKind,
  type LimitStore,
  type LimitTake,
  placesAliveMs,
  type TakenLimits,
} from "./limit-store.ts";
export type { ReadLoop } from "./read-loop.ts";
export { createReplyPublisher, type ReplyPublisher } from "./reply-publisher.ts";
export { startReplyReader } from "./reply-reader.ts";
export { answerRunnerAction, askRunnerAction, takeRunnerAction } from "./runner-actions.ts";
export { answerRunnerLogs, askRunnerLogs } from "./runner-logs.ts";
export {
  dropUsageCopies,
  findGoneGateways,
  findSilentGateways,
  hasUsageCopy,
  readUsageCopies,
  type UsageCopy,
} from "./usage-stream.ts";
export { startWorkerLaneReader, type WorkerLaneReader } from "./worker-lane-reader.ts";
export { readWorkerStates, startWorkerPresence, type WorkerPresence } from "./worker-presence.ts";
