/** Every usage record is delivered one to five times, in any order: to several writers at once, and as copies in Redis that gateways find. */

import { price as priceTable, usageEvent } from "@tera/database";
import { createUsageWriter } from "@tera/metering";
import { newRequestId, type UsageRecord } from "@tera/protocol";
import { keys } from "@tera/queue";
import { createRandom } from "@tera/testkit";
import { eq, inArray } from "drizzle-orm";
import { type Asked, addOverspend, costOf, judge } from "./judge.ts";
import { holdLock } from "./kill-steps.ts";
import { askForMoney } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { anyModel, type MoneyStack, newMark } from "./money-stack.ts";

const records = 2_000;
const deliveriesMax = 5;
const requests = 200;
/** Of an entry on a usage stream. */
const copyField = "r";
const writers = 4;
const batchMax = 120;
const settledWithinMs = 30_000;

export async function runDuplicateWrites(money: MoneyStack, seed: number): Promise<MoneyCount> {
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
  await deliverToWriters(deliveries);

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
}

/** The workers' own copies, while the gateways cannot settle: each once more up to four times, on the streams of gateways that live and of one that died. */
export async function runDuplicateCopies(money: MoneyStack, seed: number): Promise<MoneyCount> {
  const count = emptyCount();
  const random = createRandom(seed);
  const { redis, stack } = money;
  const customer = await money.createCustomer(10_000_000_000n);
  await money.takeReports();
  const letGo = await holdLock(money, [{ text: "lock table usage_event in exclusive mode", values: [] }]);
  const asked: Asked[] = await Promise.all(
    Array.from({ length: requests }, async (_, at) => {
      const stream = random(2) === 0;
      const question = {
        endpoint: "chat" as const,
        model: anyModel,
        mark: newMark(),
        maxTokens: 1 + random(20),
        stream,
      };
      const url = stack.gateways[at % stack.gateways.length]?.url ?? "";
      const { apiKey, ...owner } = customer;
      return { ...owner, question, answer: await askForMoney(question, { url, apiKey }), isOnlyOfKey: false };
    }),
  );
  const living = ["gateway-1", "gateway-2", "gateway-3"];
  const dead = "gateway-dead";
  await redis.zadd(keys.gateways, Date.now() - 60_000, dead);
  const copies: string[] = [];
  for (const owner of living) {
    for (const [, fields] of await redis.xrange(keys.usage(owner), "-", "+")) copies.push(fields[1] ?? "");
  }
  if (copies.length < requests) count.problems.push(`only ${copies.length} copies of ${requests} requests`);
  const again = copies.flatMap((copy) => Array.from({ length: random(deliveriesMax) }, () => copy));
  for (const copy of shuffle(again, random)) {
    await redis.xadd(keys.usage([...living, dead][random(living.length + 1)] ?? dead), "*", copyField, copy);
  }
  await letGo();
  count.runs = copies.length + again.length;
  await judge(count, { money, asked, reports: await money.takeReports(), isExact: true });
  await addOverspend(count, money, [customer.accountId]);
  return count;
}

function shuffle<Item>(items: Item[], random: (below: number) => number): Item[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random(at + 1);
    const [a, b] = [items[at], items[other]];
    if (a !== undefined && b !== undefined) [items[at], items[other]] = [b, a];
  }
  return items;
}
