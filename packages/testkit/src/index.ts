/** What tests and benchmarks stand on: the fake runner, databases and Redis servers of one's own, the whole stack as processes. */

export { createTestDatabase, type TestDatabase } from "@tera/database/testing";
export { ensureChromium, launchChromium } from "./browser/chromium.ts";
export { findBarriers } from "./browser/find-barriers.ts";
export { openWatchedPage, type WatchedPage, waitForStillness } from "./browser/watched-page.ts";
export { triggers } from "./fake-runner/answer.ts";
export * from "./fake-runner/expected.ts";
export type { LoggedRequest, RequestReport, RequestTotals } from "./fake-runner/request-log.ts";
export { type FakeRunner, startFakeRunner } from "./fake-runner/server.ts";
export type { FakeRunnerSettings, FakeRunnerSettingsChange } from "./fake-runner/settings.ts";
export { fakeSpeech, speechSamples } from "./fake-runner/speech.ts";
export { type Decline, type FakeStripe, startFakeStripe } from "./fake-stripe/fake-stripe.ts";
export {
  disputeOf,
  paidIntent,
  refundOf,
  type SignOptions,
  signStripeBody,
  signStripeEvent,
} from "./fake-stripe/stripe-event.ts";
export { createRandom } from "./random.ts";
export { startTestS3, type TestS3 } from "./s3-server.ts";
export {
  type OwnedTestServices,
  startTestServices,
  type TestRedis,
  type TestServices,
} from "./services.ts";
export * from "./stack/stack.ts";
export { type StackProcess, startStackProcess } from "./stack/stack-process.ts";
export { type StackRunner, startStackRunner } from "./stack/stack-runner.ts";
export { createTestRedis, vitestServices } from "./test-services.ts";
export { newUsageRecord, type UsageRecordChange } from "./usage-record.ts";
