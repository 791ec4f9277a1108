/** Three gateways, two workers with a fake runner each, a price for each model, and prepaid accounts; all of it on servers that can be killed. */
import { connectDatabase } from "@tera/database";
import { createLedgerStore, createPriceStore, type LedgerStore } from "@tera/metering";
import { connectRedis, type Redis } from "@tera/queue";
import { type LoggedRequest, type Stack, startStack } from "@tera/testkit";
import { askForMoney } from "./money-ask.ts";
import { type MortalServices, startMortalServices } from "./mortal-services.ts";

export interface Rate {
  inputNano: bigint;
  outputNano: bigint;
  requestNano: bigint;
  characterNano: bigint;
}

/** By model. What the recomputation multiplies with: said here once, and put into the price book from here. */
export const rates: Readonly<Record<string, Rate>> = {
  // Everything has a price, and no price is a multiple of another.
  "fake/all": { inputNano: 70n, outputNano: 281n, requestNano: 1_009n, characterNano: 13_001n },
  // What is held is what is charged: by the request, by the output asked for, by the character.
  "fake/request": { inputNano: 0n, outputNano: 0n, requestNano: 1_000_003n, characterNano: 0n },
  "fake/output": { inputNano: 0n, outputNano: 9_973n, requestNano: 0n, characterNano: 15_013n },
};
export const anyModel = "fake/all";

export interface Customer {
  accountId: string;
  keyId: string;
  apiKey: string;
}

export interface MoneyStack {
  readonly stack: Stack;
  readonly services: MortalServices;
  readonly ledger: LedgerStore;
  readonly redis: Redis;
  /** A prepaid account with so much credit, and a key. */
  createCustomer(creditNano: bigint): Promise<Customer>;
  /** One more key of the account. */
  createKey(accountId: string): Promise<Customer>;
  /** What reached the runners, and is forgotten there now. Canaries are left out. */
  takeReports(): Promise<LoggedRequest[]>;
  controlRunners(change: Parameters<Stack["runners"][number]["control"]>[0]): Promise<void>;
  /** Resolves when every gateway serves again. @throws when one does not within 30 s. */
  untilServing(): Promise<void>;
  stop(): Promise<void>;
}

const servingWithinMs = 30_000;
const silent = { info: () => undefined, warn: () => undefined };
/** Far above what a healthy answer takes; a case should not wait for minutes. */
const deadlines = { TERA_GATEWAY_FIRST_TOKEN_MS: "4000", TERA_GATEWAY_BETWEEN_TOKENS_MS: "4000" };

export async function startMoneyStack(): Promise<MoneyStack> {
  const services = await startMortalServices();
  try {
    const stack = await startStack({
      gateways: 3,
      workers: 2,
      fakeRunners: 2,
      runner: { slots: 256, ttftMs: 1, msPerToken: 1, models: Object.keys(rates) },
      env: { gateway: { ...deadlines, TERA_GATEWAY_UNPRICED: "refuse" } },
      // Models without a price are not served here: the prices are there before the gateways are.
      services: {
        createRedis: services.createRedis,
        async createDatabase() {
          const created = await services.createDatabase();
          await addPrices(created.url);
          return created;
        },
      },
    });
    return await furnish(stack, services);
  } catch (error) {
    await services.stop();
    throw error;
  }
}

async function addPrices(databaseUrl: string): Promise<void> {
  const database = connectDatabase({ url: databaseUrl, name: "tera-chaos" });
  const priceStore = createPriceStore({ db: database.db });
  for (const [model, rate] of Object.entries(rates)) await priceStore.addPrice({ model, ...rate, author: "chaos" });
  await database.close();
}

async function furnish(stack: Stack, services: MortalServices): Promise<MoneyStack> {
  const { db } = stack.database;
  const ledger = createLedgerStore({ db });
  const redis = connectRedis(stack.redisUrl, { name: "tera-chaos", log: silent });
  await redis.connect();
  for (const model of Object.keys(rates)) await stack.waitForModel(model);

  async function createKey(accountId: string): Promise<Customer> {
    const { apiKey, key } = await stack.keys.createKey({ accountId, name: "chaos" });
    return { accountId, keyId: key.id, apiKey };
  }

  const { id: probeAccount } = await stack.keys.createAccount({ name: "probe", kind: "postpaid" });
  const probe = await createKey(probeAccount);

  return {
    stack,
    services,
    ledger,
    redis,
    createKey,
    async createCustomer(creditNano) {
      const { id } = await stack.keys.createAccount({ name: "chaos", kind: "prepaid" });
      if (creditNano > 0n) {
        await ledger.topUp({ accountId: id, amountNano: creditNano, author: "chaos", reason: "to be used up" });
      }
      return createKey(id);
    },
    async takeReports() {
      const reports = await Promise.all(
        stack.runners.map(async (runner) => {
          const report = await runner.report();
          await runner.clear();
          return report.requests;
        }),
      );
      return reports.flat().filter(({ body }) => JSON.stringify(body).includes(markBegins));
    },
    async controlRunners(change) {
      await Promise.all(stack.runners.map((runner) => runner.control(change)));
    },
    async untilServing() {
      const deadlineMs = performance.now() + servingWithinMs;
      for (const { url, process } of stack.gateways) {
        for (;;) {
          const question = { endpoint: "chat", model: anyModel, mark: "probe", maxTokens: 1, stream: false } as const;
          const { end } = await askForMoney(question, { url, apiKey: probe.apiKey });
          if (end === "whole") break;
          if (performance.now() > deadlineMs) throw new Error(`${process.name} does not serve again`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    async stop() {
      redis.disconnect();
      // An engine that hangs is waited for by its worker.
      await Promise.all(stack.runners.map(({ process }) => process.kill("SIGKILL")));
      await stack.stop().finally(() => services.stop());
    },
  };
}

/** Begins every mark: tells the load from canaries. All are equally long: what is paid by the character costs the same. */
const markBegins = "mark-";
let marks = 0;

export function newMark(): string {
  return `${markBegins}${String(++marks).padStart(7, "0")}z`;
}
