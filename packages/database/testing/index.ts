/** For tests only, of this package and of those above it. Here, and not in testkit, because testkit itself builds on this package. */
export { type BreakableProxy, startBreakableProxy } from "./breakable-proxy.ts";
export { askTestServices } from "./lent-service.ts";
export { installTestClock, type TestClock } from "./test-clock.ts";
export { createTestDatabase, type TestDatabase } from "./test-database.ts";
