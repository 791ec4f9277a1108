import { createKeyStore } from "@tera/access";
import { autoTopUp, autoTopUpCharge, connectDatabase, usageHour } from "@tera/database";
import { createAutoTopUpStore, createLedgerStore } from "@tera/metering";
import { connectBlockingRedis, type Invalidation, subscribeInvalidation } from "@tera/queue";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const secret = "the secret of this test, long enough";
const [testDatabase, emptyDatabase, redis] = await Promise.all([
  createTestDatabase(),
  createTestDatabase(),
  createTestRedis(),
]);
const environment = { DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, TERA_SECRET: secret };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createKeyStore({ db: database.db, secret });
const ledger = createLedgerStore({ db: database.db });
const heard: Invalidation[] = [];
const subscription = await subscribeInvalidation({
  blockingRedis: connectBlockingRedis(redis.url, {
    name: "test",
    log: { info: () => undefined, warn: () => undefined },
  }),
  onMessage: (message) => heard.push(message),
  onReconnect: () => undefined,
});
afterAll(async () => {
  subscription.stop();
  await database.close();
  await Promise.all([testDatabase.drop(), emptyDatabase.drop(), redis.stop()]);
});

const run = (args: string[], options: RunOptions = {}) =>
  runForTest(["accounts", ...args], { environment, ...options });

test("create prints the id alone on stdout, and says that a prepaid account needs credit", async () => {
  const { exitCode, stdout, stderr } = await run(["create", "--name", "Acme", "--kind", "prepaid"]);
  expect(exitCode).toBe(0);
  expect(await store.findAccount(stdout)).toMatchObject({ name: "Acme", kind: "prepaid", currency: "USD" });
  expect(stderr).toContain("tera credit add");
  const json = await run(["create", "--name", "Globex", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    name: "Globex",
    kind: "postpaid",
    status: "active",
    balanceUsd: "0",
  });
});

test("show has balance, credit in leases, what was spent, and each key with its part", async () => {
  const { id } = await store.createAccount({ name: "Shown", kind: "prepaid" });
  const { key } = await store.createKey({ accountId: id, name: "app" });
  await ledger.topUp({ accountId: id, amountNano: 12_500_000_000n, author: "test", reason: "paid" });
  await database.db.execute(`select take_credit('${id}', 'lease_${id}', 'g', 500000000, 500000000, 60000)`);
  const usage = { hour: new Date(), accountId: id, keyId: key.id, model: "m", requests: 3, chargeNano: 250_000_001n };
  await database.db.insert(usageHour).values(usage);

  const json = JSON.parse((await run(["show", id, "--json"])).stdout);
  expect(json).toMatchObject({
    id,
    balanceUsd: "12.5",
    leasedUsd: "0.5",
    availableUsd: "12",
    spentUsd: { day: "0.250000001", month: "0.250000001", total: "0.250000001" },
    monthRequests: 3,
    keys: [{ id: key.id, monthSpentUsd: "0.250000001", status: "active" }],
  });
  const { stdout } = await run(["show", id]);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/Balance +12.5 USD; 0.5 of it in leases of gateways, 12 free/);
  expect(stdout).toContain("0.250000001 USD this month (3 requests)");
  expect(stdout).toContain(key.id);
});

test("show says what an account owes, and how its automatic top-ups are doing", async () => {
  const { id } = await store.createAccount({ name: "In trouble", kind: "prepaid" });
  const { db } = database;
  const topUps = createAutoTopUpStore({ db });
  const shown = async () => JSON.parse((await run(["show", id, "--json"])).stdout);
  expect(await shown()).toMatchObject({ debtUsd: "0", autoTopUp: { state: "off" } });

  await db.execute(
    `select post_ledger('${id}', 'dispute', 'stripe', 'r', 'x:1', '[["debt", "-20000000000"], ["cash", "20000000000"]]')`,
  );
  await topUps.set(id, { thresholdNano: 5_000_000_000n, amountNano: 25_000_000_000n, dayMaxNano: 50_000_000_000n });
  expect(await shown()).toMatchObject({ debtUsd: "20", autoTopUp: { state: "on", reason: null, retryAt: null } });

  const at = new Date("2026-11-23T12:00:00Z");
  const charge = { id: `charge_${id}`, accountId: id, amountNano: 25_000_000_000n, startedAt: at, endedAt: at };
  await db.insert(autoTopUpCharge).values({ ...charge, state: "failed", failure: "Your card has insufficient funds." });
  await db.update(autoTopUp).set({ refusals: 1, retryAt: new Date("2026-11-23T13:00:00Z") });
  expect(await shown()).toMatchObject({
    autoTopUp: { state: "retrying", reason: "Your card has insufficient funds.", retryAt: "2026-11-23T13:00:00.000Z" },
  });
  const { stdout } = await run(["show", id], { columns: 400 });
  expect(stdout).toMatch(/Debt +20 USD \(taken back of payments and used/);
  expect(stdout).toMatch(
    /Top-up +below \$5, \$25 is charged, at most \$50 a day\. The last charge was refused, and is tried again after 2026-11-23 13:00 UTC: Your card/,
  );

  await db.update(autoTopUp).set({ pausedAt: at, pauseReason: "Your card was declined." });
  expect(await shown()).toMatchObject({ autoTopUp: { state: "paused", reason: "Your card was declined." } });
});

test("the list has every account with its balance, and fits 80 columns", async () => {
  const { id } = await store.createAccount({ name: `a name ${"that goes on ".repeat(10)}`, kind: "postpaid" });
  await ledger.adjust({ accountId: id, amountNano: -1_500_000_000n, author: "test", reason: "used" });
  const { stdout } = await run(["list"]);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(new RegExp(`${id}.*postpaid +active +-1.5`));
  const json: unknown = JSON.parse((await run(["list", "--json"])).stdout);
  expect(json).toContainEqual(expect.objectContaining({ id, balanceUsd: "-1.5" }));
});

test("set changes name and kind and tells the gateways; an account that owes stays postpaid", async () => {
  const { id } = await store.createAccount({ name: "before", kind: "postpaid" });
  const { stdout } = await run(["set", id, "--name", "after", "--kind", "prepaid"]);
  expect(stdout).toBe(`Set name, kind of ${id} (after).`);
  await expect.poll(() => heard).toContainEqual({ type: "account", accountId: id });
  await store.setAccount(id, { kind: "postpaid" });
  await ledger.adjust({ accountId: id, amountNano: -1_500_000_000n, author: "test", reason: "used" });
  const owing = await run(["set", id, "--kind", "prepaid"]);
  expect(owing.exitCode).toBe(1);
  expect(owing.stderr).toContain("owes 1.5 USD");
});

test("limits are set, shown and taken away", async () => {
  const made = await run([
    "create",
    "--name",
    "limited",
    "--concurrency",
    "64",
    "--requests-per-minute",
    "600",
    "--json",
  ]);
  const { id } = JSON.parse(made.stdout);
  expect(await store.findAccount(id)).toMatchObject({ concurrencyMax: 64, requestsPerMinuteMax: 600 });
  await run(["set", id, "--concurrency", "none", "--tokens-per-minute", "1000"]);
  const { stdout } = await run(["show", id]);
  expect(stdout).toMatch(/Requests\/min +600\n/);
  expect(stdout).toMatch(/Tokens\/min +1000\n/);
  expect(stdout).toMatch(/Concurrency +no limit/);
});

test("disable and enable tell the gateways, and the list says so", async () => {
  const { id } = await store.createAccount({ name: "switched", kind: "postpaid" });
  expect((await run(["disable", id])).stdout).toBe(`Disabled ${id} (switched).`);
  await expect.poll(() => heard).toContainEqual({ type: "account", accountId: id });
  expect((await run(["list"])).stdout).toMatch(new RegExp(`${id}.*disabled`));
  const key = await runForTest(["keys", "create", "--name", "k", "--account", id], { environment });
  expect(key.stderr).toContain("is disabled");
  const [made] = await store.listKeys({ accountId: id, limit: 1 });
  const shown = await runForTest(["keys", "show", made?.id ?? ""], { environment });
  expect(shown.stdout).toContain("(switched, disabled)");
  expect(JSON.parse((await run(["enable", id, "--json"])).stdout)).toMatchObject({
    status: "active",
    gatewaysTold: true,
  });
});

test("wrong values are refused with what would be right", async () => {
  const { id } = await store.createAccount({ name: "x", kind: "postpaid" });
  const typo = `${id.slice(0, -1)}${id.endsWith("a") ? "b" : "a"}`;
  const wrong = [
    { args: ["create"], said: "--name" },
    { args: ["create", "--name", "a\nb"], said: "one line" },
    { args: ["create", "--name", "x", "--kind", "free"], said: "prepaid, postpaid" },
    { args: ["set", id], said: "tera accounts set --help" },
    { args: ["show", typo], said: `Did you mean ${id}?` },
    { args: ["disable", "nobody"], said: "acct_" },
  ];
  for (const { args, said } of wrong) {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(said);
  }
});

test("an empty installation says how to make the first account", async () => {
  const options = { environment: { ...environment, DATABASE_URL: emptyDatabase.url } };
  expect((await run(["list"], options)).stderr).toContain("tera accounts create");
  expect(await run(["list", "--json"], options)).toMatchObject({ exitCode: 0, stdout: "[]" });
});
