/** Something changes, or goes away, while customers ask without a pause: what each request is charged stays what it was admitted at. */

import { price as priceTable, usageEvent } from "@tera/database";
import { createPriceStore, type PriceStore } from "@tera/metering";
import { publishInvalidation } from "@tera/queue";
import { createRandom } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { type Asked, addOverspend, judge } from "./judge.ts";
import { askForMoney, type MoneyQuestion } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { anyModel, type Customer, type MoneyStack, newMark } from "./money-stack.ts";

const clients = 12;

export interface LoadChange {
  name: string;
  creditNano: bigint;
  /** Done under load; the load ends when it resolves. */
  change(money: MoneyStack, customer: Customer, use: (customer: Customer) => void): Promise<void>;
  /** Statuses that clients may see. */
  allowed: readonly number[];
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export const loadChanges: readonly LoadChange[] = [
  {
    name: "top-ups under load",
    creditNano: 0n,
    allowed: [200, 402],
    async change({ ledger }, { accountId }) {
      for (let paid = 0; paid < 60; paid++) {
        // Each reported twice.
        const move = {
          accountId,
          amountNano: 40_000n,
          author: "chaos",
          reason: "paid",
          reference: `${accountId}-${paid}`,
        };
        await Promise.all([ledger.topUp(move), ledger.topUp(move)]);
        await pause(50);
      }
    },
  },
  {
    name: "key disabled under load",
    creditNano: 1_000_000_000n,
    // Whoever goes on with a key that is none is throttled.
    allowed: [200, 401, 429],
    async change({ stack, redis }, { keyId }) {
      for (let round = 0; round < 4; round++) {
        await pause(500);
        await stack.keys.disableKey(keyId);
        await publishInvalidation(redis, { type: "key", keyId });
        await pause(300);
        await stack.keys.enableKey(keyId);
        await publishInvalidation(redis, { type: "key", keyId });
      }
    },
  },
  {
    name: "key rotated under load",
    creditNano: 1_000_000_000n,
    allowed: [200],
    async change({ stack, redis }, customer, use) {
      let { keyId } = customer;
      for (let round = 0; round < 4; round++) {
        await pause(500);
        const rotated = await stack.keys.rotateKey({ keyId, overlapMs: 60_000 });
        if (rotated.outcome !== "rotated") throw new Error(`the key was not rotated: ${rotated.outcome}`);
        await publishInvalidation(redis, { type: "key", keyId });
        keyId = rotated.key.id;
        use({ accountId: customer.accountId, keyId, apiKey: rotated.apiKey });
      }
      await pause(500);
    },
  },
];

export async function runLoadChange(
  money: MoneyStack,
  { creditNano, change, allowed }: LoadChange,
  seed: number,
): Promise<MoneyCount> {
  const count = emptyCount();
  const customer = await money.createCustomer(creditNano);
  const { asked, reports } = await underLoad(money, customer, seed, (use) => change(money, customer, use));
  count.runs = 1;
  const odd = asked.filter(({ answer }) => !allowed.includes(answer.status ?? 0));
  if (odd.length > 0) count.problems.push(`${odd.length} ended in ${JSON.stringify(odd[0]?.answer)}`);
  await judge(count, { money, asked, reports, isExact: true });
  await addOverspend(count, money, [customer.accountId]);
  return count;
}

/** New prices under load: each request is charged by one that was in force when it was admitted, whole. */
export async function runPriceChange(money: MoneyStack, seed: number): Promise<MoneyCount> {
  const count = emptyCount();
  const { db } = money.stack.database;
  const prices: PriceStore = createPriceStore({ db });
  const customer = await money.createCustomer(10_000_000_000n);
  const [before] = await db.select().from(priceTable).where(eq(priceTable.model, anyModel)).limit(1);
  if (before === undefined) throw new Error("the model has no price");
  const { asked, reports } = await underLoad(money, customer, seed, async () => {
    for (let round = 1; round <= 5; round++) {
      await pause(400);
      const { inputNano, outputNano, requestNano, characterNano } = before;
      const factor = BigInt(round + 1);
      // The last one is the old one again: what comes after this case counts with it.
      const times = round === 5 ? 1n : factor;
      await prices.addPrice({
        model: anyModel,
        inputNano: inputNano * times,
        outputNano: outputNano * times,
        requestNano: requestNano * times,
        characterNano,
        author: "chaos",
      });
      await publishInvalidation(money.redis, { type: "prices" });
    }
    await pause(400);
  });
  count.runs = 1;
  const all = new Map((await db.select().from(priceTable)).map((row) => [row.id, row]));
  const entries = new Map(reports.map((entry) => [/mark-\d+z/.exec(JSON.stringify(entry.body))?.[0], entry]));
  await judge({ ...emptyCount() }, { money, asked, reports, isExact: true });
  const events = await db.select().from(usageEvent).where(eq(usageEvent.accountId, customer.accountId));
  const byId = Map.groupBy(events, ({ requestId }) => requestId);
  const used = new Set<string>();
  for (const { question, answer } of asked) {
    count.started++;
    const [event, ...more] = byId.get(answer.requestId ?? "") ?? [];
    const entry = entries.get(question.mark);
    count.duplicate += more.length;
    if (event === undefined || entry === undefined) {
      count.lost++;
      continue;
    }
    count.charged++;
    const price = all.get(event.priceId ?? "");
    if (price === undefined || price.validFrom > event.admittedAt) {
      count.problems.push(`${question.mark} was charged by a price that was not in force`);
      continue;
    }
    used.add(price.id);
    const cost =
      BigInt(entry.promptTokens) * price.inputNano +
      BigInt(entry.generatedTokens) * price.outputNano +
      price.requestNano;
    count.mischargedNano += cost > event.chargeNano ? cost - event.chargeNano : event.chargeNano - cost;
  }
  if (used.size < 3) count.problems.push(`only ${used.size} prices were charged`);
  await addOverspend(count, money, [customer.accountId]);
  return count;
}

/** Postgres cannot be reached for a while. */
export async function runOutage(money: MoneyStack, awayMs: number, seed: number): Promise<MoneyCount> {
  const count = emptyCount();
  const customer = await money.createCustomer(1_000_000_000n);
  const { asked, reports } = await underLoad(money, customer, seed, async () => {
    await pause(1_000);
    money.services.postgresDoor.shut();
    await pause(awayMs);
    money.services.postgresDoor.open();
    await pause(3_000);
  });
  count.runs = 1;
  const odd = asked.filter(({ answer }) => ![200, 503].includes(answer.status ?? 0));
  if (odd.length > 0) count.problems.push(`${odd.length} ended in ${JSON.stringify(odd[0]?.answer)}`);
  const served = asked.filter(({ answer }) => answer.end === "whole").length;
  if (served === 0) count.problems.push("nothing was served");
  await judge(count, { money, asked, reports, isExact: true });
  await addOverspend(count, money, [customer.accountId]);
  return count;
}

async function underLoad(
  money: MoneyStack,
  customer: Customer,
  seed: number,
  work: (use: (customer: Customer) => void) => Promise<void>,
): Promise<{ asked: Asked[]; reports: Awaited<ReturnType<MoneyStack["takeReports"]>> }> {
  const random = createRandom(seed);
  const asked: Asked[] = [];
  const reports = await money.takeReports().then(() => [] as Awaited<ReturnType<MoneyStack["takeReports"]>>);
  let current = customer;
  let stopped = false;
  await money.controlRunners({ msPerToken: 2 });

  async function runClient(number: number): Promise<void> {
    while (!stopped) {
      const question: MoneyQuestion = {
        endpoint: random(2) === 0 ? "chat" : "completion",
        model: anyModel,
        mark: newMark(),
        maxTokens: 2 + random(20),
        stream: random(2) === 0,
      };
      const { accountId, keyId, apiKey } = current;
      const url = money.stack.gateways[number % money.stack.gateways.length]?.url ?? "";
      const answer = await askForMoney(question, { url, apiKey });
      asked.push({ question, answer, accountId, keyId, isOnlyOfKey: false });
      // Refused at once: a client with manners waits.
      if (answer.end === "refused") await pause(50);
    }
  }
  const running = Promise.all(Array.from({ length: clients }, (_, number) => runClient(number)));
  // The runners remember their last thousand.
  const reading = (async () => {
    while (!stopped) {
      await pause(1_000);
      reports.push(...(await takeEnded()));
    }
  })();
  try {
    await work((next) => {
      current = next;
    });
  } finally {
    stopped = true;
    await Promise.all([running, reading]);
  }
  reports.push(...(await money.takeReports()));
  return { asked, reports: unique(reports) };

  async function takeEnded() {
    const all = await Promise.all(money.stack.runners.map((runner) => runner.report()));
    return all
      .flatMap(({ requests }) => requests)
      .filter(({ endedAtMs, body }) => endedAtMs !== null && JSON.stringify(body).includes("mark-"));
  }
}

/** The same request may have been read several times: a request is one by where and when it came. */
function unique<Entry extends { number: number; receivedAtMs: number; body: unknown }>(
  entries: readonly Entry[],
): Entry[] {
  return [
    ...new Map(
      entries.map((entry) => [`${entry.number} ${entry.receivedAtMs} ${JSON.stringify(entry.body)}`, entry]),
    ).values(),
  ];
}
