import { connectDatabase } from "@tera/database";
import { createPriceStore } from "@tera/metering";
import type { WorkerState } from "@tera/protocol";
import { createTestDatabase } from "@tera/testkit";
import { newRunnerStatus, newServedModel } from "@tera/testkit/worker-state";
import { afterAll, expect, test } from "vitest";
import type { FoundStack } from "../stack/find-stack.ts";
import { checkPrices } from "./check-prices.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const prices = createPriceStore({ db: database.db });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const stack: FoundStack = {
  dataDirectory: "/nowhere",
  running: undefined,
  databaseUrl: testDatabase.url,
  redisUrl: undefined,
  secret: undefined,
  auditActor: { kind: "cli", id: "0", name: "cli", address: null },
};
const worker: WorkerState = {
  version: 1,
  workerId: "w1",
  host: "gpu-1",
  startedAtMs: 1,
  draining: false,
  runners: [newRunnerStatus("a", { models: [newServedModel("org/priced"), newServedModel("org/unpriced")] })],
  gpus: [],
};

test("models without a price are named, with what happens to them and what to do", async () => {
  await prices.addPrice({ model: "org/priced", isFree: true, author: "test" });
  await prices.addPrice({ model: "org/unpriced", isFree: true, author: "test", validFrom: new Date("2999-01-01") });
  const [finding] = await checkPrices(stack, [worker]);
  expect(finding).toMatchObject({
    status: "warning",
    found: expect.stringContaining("Without a price: org/unpriced. Gateways refuse them (503)"),
    fix: expect.stringContaining("tera prices set org/unpriced"),
  });
  const running = {
    pid: 1,
    api: "http://127.0.0.1:1/v1",
    databaseUrl: testDatabase.url,
    redisUrl: "redis://x",
    pids: {},
  };
  expect((await checkPrices({ ...stack, running }, [worker]))[0]?.found).toContain("serves them for nothing");
  await prices.addPrice({ model: "org/unpriced", isFree: true, author: "test" });
  expect(await checkPrices(stack, [worker])).toMatchObject([{ status: "ok" }]);
});

test("what cannot be looked at is skipped", async () => {
  for (const [each, workers] of [
    [{ ...stack, databaseUrl: undefined }, [worker]],
    [{ ...stack, databaseUrl: "postgres://x@127.0.0.1:1/x" }, [worker]],
    [stack, undefined],
    [stack, []],
  ] as const) {
    expect(await checkPrices(each, workers)).toMatchObject([{ check: "prices", status: "skipped" }]);
  }
});
