import { createKeyStore } from "@tera/access";
import { backgroundRun } from "@tera/database";
import { createLedgerStore, createPartyStore, createPriceStore, createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { attentionSchema, overviewUsageSchema } from "../../api/overview.ts";
import { type Ask, startTestDashboard, testSecret } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const { db } = dashboard;
const viewer = await dashboard.signIn("viewer");
const keyStore = createKeyStore({ db, secret: testSecret });

const attention = async () => attentionSchema.parse((await viewer("GET", "/overview/attention")).body);
const usage = async (ask: Ask, query = "") =>
  overviewUsageSchema.parse((await ask("GET", `/overview/usage${query}`)).body);

function serve(...models: string[]): void {
  dashboard.workers.push({
    version: 1,
    workerId: "w1",
    host: "gpu-1",
    startedAtMs: 1,
    draining: false,
    runners: [
      {
        id: "r1",
        kind: "http",
        engine: "vllm",
        state: "ready",
        slots: 1,
        busy: 0,
        models: models.map((id) => ({
          id,
          created: 1,
          ownedBy: "acme",
          inputModalities: [],
          outputModalities: [],
          features: [],
          samplingParameters: [],
        })),
      },
    ],
    gpus: [],
  });
}

test("an empty installation has nothing, and what is there is told step by step", async () => {
  expect(await attention()).toEqual({
    unpricedModels: [],
    lowBalances: { items: [], total: 0 },
    ledger: null,
    failedRuns: [],
    setUp: { account: false, key: false, price: false, request: false },
  });
  const accountId = await dashboard.createAccount("first");
  expect((await attention()).setUp).toMatchObject({ account: true, key: false });
  await keyStore.createKey({ accountId, name: "k" });
  await createPriceStore({ db }).addPrice({ model: "acme/priced", author: "test", inputNano: 100n });
  await createUsageWriter({ db, author: "test" }).settle([newUsageRecord({ accountId })]);
  expect((await attention()).setUp).toEqual({ account: true, key: true, price: true, request: true });
});

test("models that are served without a price in force are named", async () => {
  const tomorrow = new Date(Date.now() + 86_400_000);
  await createPriceStore({ db }).addPrice({ model: "acme/later", author: "test", validFrom: tomorrow });
  serve("acme/priced", "acme/later", "acme/unpriced");
  expect((await attention()).unpricedModels).toEqual(["acme/later", "acme/unpriced"]);
});

test("accounts that stop soon are those with a key, and less than was set for them or nothing", async () => {
  const before = (await attention()).lowBalances.total;
  const accounts = {
    low: await dashboard.createAccount("low"),
    rich: await dashboard.createAccount("rich"),
    postpaid: await dashboard.createAccount("postpaid", "postpaid"),
    keyless: await dashboard.createAccount("keyless"),
    empty: await dashboard.createAccount("empty"),
  };
  const ledger = createLedgerStore({ db });
  const parties = createPartyStore({ db });
  for (const name of ["low", "rich"] as const) {
    await ledger.topUp({
      accountId: accounts[name],
      amountNano: name === "low" ? 1_500_000_001n : 9n ** 12n,
      author: "test",
      reason: "test",
    });
    await parties.setBuyer(accounts[name], { lowBalanceNano: 2_000_000_000n });
  }
  for (const name of ["low", "rich", "postpaid", "empty"] as const) {
    await keyStore.createKey({ accountId: accounts[name], name: "k" });
  }
  const { items, total } = (await attention()).lowBalances;
  expect(total).toBe(before + 2);
  expect(items).toContainEqual({ accountId: accounts.low, name: "low", balance: "1.500000001" });
  expect(items).toContainEqual({ accountId: accounts.empty, name: "empty", balance: "0" });
});

test("what the ledger check found and what failed in the background is told", async () => {
  const at = new Date("2026-11-23T03:40:00.000Z");
  await db.insert(backgroundRun).values([
    { name: "ledger-check", startedAt: at, succeededAt: at, outcome: { findings: 3 } },
    { name: "invoices", startedAt: at, failure: "Postgres went away" },
  ]);
  expect(await attention()).toMatchObject({
    ledger: { checkedAt: at.toISOString(), findings: 3 },
    failedRuns: [{ name: "invoices", startedAt: at.toISOString(), failure: "Postgres went away" }],
  });
});

test("a customer is told what its own accounts used, to the nano, and nothing of the installation", async () => {
  const accountId = await dashboard.createAccount("uses", "postpaid");
  const other = await dashboard.createAccount("other", "postpaid");
  const price = await createPriceStore({ db }).addPrice({ model: "m", author: "test", inputNano: 3n, outputNano: 7n });
  const used = { model: "m", admittedAtMs: Date.now(), usage: { promptTokens: 10, completionTokens: 5 } };
  const billed = (of: string) => ({ ...used, accountId: of, billing: { priceId: price.id, holds: [{ purseId: of }] } });
  const before = (await usage(viewer)).today.requests;
  await createUsageWriter({ db, author: "test" }).settle([
    newUsageRecord(billed(accountId)),
    newUsageRecord({ ...billed(accountId), status: "failed" }),
    newUsageRecord(billed(other)),
  ]);
  const customer = await dashboard.signIn("member", accountId);
  const own = await usage(customer);
  expect(own.today).toEqual({ requests: 2, charged: "0.000000065" });
  expect(own.month).toEqual(own.today);
  expect(own.hours).toHaveLength(24);
  expect(own.hours.at(-1)).toMatchObject({ requests: 2, failedRequests: 1, charged: "0.000000065" });
  expect(await usage(customer, `?accountId=${accountId}`)).toEqual(own);
  expect((await customer("GET", `/overview/usage?accountId=${other}`)).status).toBe(404);
  expect((await customer("GET", "/overview/attention")).status).toBe(403);
  expect((await usage(viewer)).today.requests).toBe(before + 3);
});
