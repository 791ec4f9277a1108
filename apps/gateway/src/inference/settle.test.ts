/** What becomes of the workers' copies of usage, against a real Redis. */
import { emptyUsage, type UsageRecord } from "@tera/protocol";
import { connectRedis, createReplyPublisher, type Redis, readUsageCopies, type UsageCopy } from "@tera/queue";
import { createTestRedis, newUsageRecord, type TestRedis } from "@tera/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createSealer } from "../billing/seal.ts";
import { startUsageCopies, type UsageCopies } from "./settle.ts";

const gatewayId = "gw";
const log = { info: () => undefined, warn: () => undefined };
let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log });
  await redis.connect();
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const sealer = createSealer("the secret of this installation, long enough");

function record(requestId: string): UsageRecord {
  const unsealed = newUsageRecord({ requestId, gatewayId });
  return { ...unsealed, seal: sealer.seal(unsealed) };
}

/** As a worker does it: together with the last frame of each attempt. */
async function publishCopies(requestIds: readonly string[], change: Partial<UsageRecord> = {}): Promise<void> {
  const publisher = createReplyPublisher({ redis, log, onGatewayGone: () => undefined });
  for (const requestId of requestIds) {
    const usage = emptyUsage();
    publisher.pushLast(
      gatewayId,
      { type: "end", requestId, attempt: 1, seq: 0, usage },
      { ...record(requestId), ...change },
    );
  }
  await publisher.drain();
}

async function copiesLeft(): Promise<UsageCopy[]> {
  return (await readUsageCopies(redis, gatewayId, log, () => false)).copies;
}

async function withCopies(
  open: readonly string[],
  run: (copies: UsageCopies, added: UsageRecord[]) => Promise<void>,
): Promise<void> {
  const added: UsageRecord[] = [];
  const settler = { add: (each: UsageRecord) => added.push(each) > 0 };
  const copies = startUsageCopies({ gatewayId, redis, settler, sealer, isOpen: (id) => open.includes(id), log });
  await run(copies, added);
  copies.stop();
}

test("one sweep drops every settled copy, however many came since the last one", async () => {
  const requestIds = Array.from({ length: 1_200 }, (_, index) => `req_${index}`);
  await publishCopies(requestIds);
  await withCopies([], async (copies) => {
    copies.onSettled(requestIds);
    await copies.sweep();
    expect(await copiesLeft()).toEqual([]);
  });
});

test("a copy that nobody here knows is settled, one whose request is still open is left alone", async () => {
  await publishCopies(["unknown", "open"]);
  await withCopies(["open"], async (copies, added) => {
    await copies.sweep();
    expect(added.map(({ requestId }) => requestId)).toEqual(["unknown"]);
    expect(await copiesLeft()).toHaveLength(2);
  });
});

test("a copy that no gateway has admitted is dropped, and charges nobody", async () => {
  await publishCopies(["forged"], { accountId: "somebody else" });
  await withCopies([], async (copies, added) => {
    await copies.sweep();
    expect(added).toEqual([]);
    expect(await copiesLeft()).toEqual([]);
  });
});
