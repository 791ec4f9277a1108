/** Every usage record is delivered one to five times, in any order: to several writers at once, and as copies in Redis that gateways find. */

import { price as priceTable, usageEvent } from "@tera/database";
import { createUsageWriter } from "@tera/metering";
import { newRequestId, type UsageRecord } from "@tera/protocol";
import { keys } from "@tera/queue";
import { eq, inArray } from "drizzle-orm";
import { createRandom } from "../random.ts";
import { addOverspend, costOf } from "./judge.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { anyModel, type MoneyStack } from "./money-stack.ts";

const records = 2_000;
const deliveriesMax = 5;
const writers = 4;
const batchMax = 120;
const settledWithinMs = 30_000;

export async function runDuplicateCase(money: MoneyStack, way: "writers" | "redis", seed: number): Promise<MoneyCount> {
  const count = emptyCount();
  const random = createRandom(seed);
  const { db } = money.stack.database;
  const customers = await Promise.all(Array.from({ length: 5 }, () => money.createCustomer(10_000_000_000n)));
  const [price] = await db.select().from(priceTable).where(eq(priceTable.model, anyModel)).limit(1);
  if (price === undefined) throw new Error("the model has no price");
  const made = Array.from({ length: records }, (): UsageRecord => {
    const { accountId, keyId } = customers[random(customers.length)] ?? { accountId: "", keyId: "" };
    const promptTokens = random(5_000);
    return {
      version: 1,
      requestId: newRequestId(),
      accountId,
      keyId,
      model: anyModel,
      endpoint: "chat",
      stream: random(2) === 0,
      status: random(10) === 0 ? "failed" : "succeeded",
      usage: {
        promptTokens,
        cachedTokens: 0,
        completionTokens: random(2_000),
        reasoningTokens: 0,
        speechCharacters: 0,
        source: "engine",
      },
      gatewayId: "gateway-1",
      attempts: 1,
      failedAttempts: [],
      admittedAtMs: Date.now() - random(1_000),
      totalMs: 1,
      // One in ten is served for nothing: nothing of it is locked.
      billing: random(10) === 0 ? { holds: [] } : { priceId: price.id, holds: [{ purseId: accountId }] },
    };
  });
  const deliveries = shuffle(
    made.flatMap((record) => Array.from({ length: 1 + random(deliveriesMax) }, () => record)),
    random,
  );
  count.runs = deliveries.length;
  count.started = made.length;
  if (way === "writers") await deliverToWriters(deliveries);
  else await deliverToRedis(deliveries);

  const ids = made.map(({ requestId }) => requestId);
  const deadlineMs = performance.now() + settledWithinMs;
  let rows = await readRows();
  while (new Set(rows.map(({ requestId }) => requestId)).size < made.length && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    rows = await readRows();
  }
  const byId = Map.groupBy(rows, ({ requestId }) => requestId);
  for (const record of made) {
    const [row, ...more] = byId.get(record.requestId) ?? [];
    count.duplicate += more.length;
    if (row === undefined) {
      count.lost++;
      continue;
    }
    if (row.chargeNano > 0n) count.charged++;
    const { promptTokens: prompt, completionTokens: completion } = record.usage;
    const isFree = record.status === "failed" || record.billing?.priceId === undefined;
    const cost = isFree ? 0n : costOf({ model: record.model }, { prompt, completion, characters: 0 });
    count.mischargedNano += cost > row.chargeNano ? cost - row.chargeNano : row.chargeNano - cost;
  }
  await addOverspend(
    count,
    money,
    customers.map(({ accountId }) => accountId),
  );
  return count;

  function readRows() {
    return db.select().from(usageEvent).where(inArray(usageEvent.requestId, ids));
  }

  async function deliverToWriters(list: UsageRecord[]): Promise<void> {
    const waiting = [...list];
    async function write(number: number): Promise<void> {
      const writer = createUsageWriter({ db, author: `chaos:${number}` });
      while (waiting.length > 0) await writer.settle(waiting.splice(0, 1 + random(batchMax)));
    }
    await Promise.all(Array.from({ length: writers }, (_, number) => write(number)));
  }

  /** On the streams of gateways that live, and of one that died. */
  async function deliverToRedis(list: UsageRecord[]): Promise<void> {
    const owners = ["gateway-1", "gateway-2", "gateway-3", "gateway-dead"];
    await money.redis.zadd(keys.gateways, Date.now() - 60_000, "gateway-dead");
    for (const record of list) {
      await money.redis.xadd(keys.usage(owners[random(owners.length)] ?? ""), "*", "r", JSON.stringify(record));
    }
  }
}

function shuffle<Item>(items: Item[], random: (below: number) => number): Item[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random(at + 1);
    const [a, b] = [items[at], items[other]];
    if (a !== undefined && b !== undefined) [items[at], items[other]] = [b, a];
  }
  return items;
}
