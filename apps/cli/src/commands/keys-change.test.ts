/** Keys after they were made: shown, changed, rotated, switched off and on. Making, listing and revoking are in keys.test.ts. */
import { createAuthenticator, createKeyStore, isWellFormedApiKey } from "@tera/access";
import { connectDatabase, usageHour } from "@tera/database";
import { connectBlockingRedis, type Invalidation, subscribeInvalidation } from "@tera/queue";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const secret = "the secret of this test, long enough";
const [testDatabase, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const environment = { DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, TERA_SECRET: secret };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createKeyStore({ db: database.db, secret });
const acme = await store.createAccount({ name: "Acme", kind: "prepaid" });
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
  await Promise.all([testDatabase.drop(), redis.stop()]);
});

const run = (args: string[], options: RunOptions = {}) => runForTest(["keys", ...args], { environment, ...options });
const makeKey = async () => (await store.createKey({ accountId: acme.id, name: "made" })).key;

test("create carries every limit, and show and JSON say them, money as decimal strings", async () => {
  const limits = ["--requests-per-minute", "60", "--tokens-per-minute", "10000", "--concurrency", "4"];
  const budgets = ["--budget-day", "5", "--budget-month", "100.25", "--budget-total", "500"];
  const addresses = ["--address", "203.0.113.7", "--address", "2001:DB8::/32"];
  const { stdout } = await run([
    "create",
    "--name",
    "app",
    ...limits,
    ...budgets,
    ...addresses,
    "--content-logging",
    "on",
    "--json",
  ]);
  const made = JSON.parse(stdout);
  expect(made).toMatchObject({
    status: "active",
    requestsPerMinuteMax: 60,
    tokensPerMinuteMax: 10_000,
    concurrencyMax: 4,
    budgetDayUsd: "5",
    budgetMonthUsd: "100.25",
    budgetTotalUsd: "500",
    allowedAddresses: ["203.0.113.7/32", "2001:db8::/32"],
    contentLogging: true,
  });
  const usage = {
    hour: new Date(),
    accountId: acme.id,
    keyId: made.id,
    model: "m",
    requests: 2,
    chargeNano: 1_500_000_000n,
  };
  await database.db.insert(usageHour).values(usage);
  const shown = await run(["show", made.id]);
  for (const line of shown.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(shown.stdout).toMatch(/Budget per day +5 USD, 3.5 left/);
  expect(shown.stdout).toMatch(/Addresses +203.0.113.7\/32, 2001:db8::\/32/);
  expect(JSON.parse((await run(["show", made.id, "--json"])).stdout)).toMatchObject({
    accountName: "Acme",
    spentUsd: { day: "1.5", month: "1.5", total: "1.5" },
    budgets: [
      { period: "day", budgetUsd: "5", spentUsd: "1.5", leftUsd: "3.5" },
      { period: "month", leftUsd: "98.75" },
      { period: "total", leftUsd: "498.5" },
    ],
  });
});

test("set changes what is named, none and all take a limit away, and the gateways are told", async () => {
  const { id } = await makeKey();
  const first = await run([
    "set",
    id,
    "--name",
    "renamed",
    "--budget-day",
    "0.5",
    "--model",
    "a/one",
    "--concurrency",
    "2",
  ]);
  expect(first.stdout).toBe(`Set name, model, budget-day, concurrency of ${id} (renamed).`);
  expect(first.stderr).toContain("No connected runner serves a/one");
  expect(await store.findKey(id)).toMatchObject({
    budgetDayNano: 500_000_000n,
    modelScope: ["a/one"],
    concurrencyMax: 2,
  });
  await expect.poll(() => heard).toContainEqual({ type: "key", keyId: id });
  await run(["set", id, "--budget-day", "none", "--model", "all", "--concurrency", "none"]);
  expect(await store.findKey(id)).toMatchObject({
    name: "renamed",
    budgetDayNano: null,
    modelScope: null,
    concurrencyMax: null,
  });
  await run(["set", id, "--expires", "30d"]);
  expect((await store.findKey(id))?.expiresAt).not.toBeNull();
  await run(["set", id, "--expires", "none"]);
  expect((await store.findKey(id))?.expiresAt).toBeNull();
});

test("rotate prints the new key alone on stdout; both open until the overlap is over, and share their budgets", async () => {
  const made = await store.createKey({ accountId: acme.id, name: "ci", budgetDayNano: 5_000_000_000n });
  const { exitCode, stdout, stderr } = await run(["rotate", made.key.id, "--overlap", "2h"]);
  expect(exitCode).toBe(0);
  expect(isWellFormedApiKey(stdout)).toBe(true);
  expect(stderr).toContain(`${made.key.id} lives on until`);
  const { authenticate } = createAuthenticator({ keyStore: store, secret });
  expect(await authenticate(stdout)).toMatchObject({ firstKeyId: made.key.id });
  expect(await authenticate(made.apiKey)).toMatchObject({ keyId: made.key.id });
  const old = await store.findKey(made.key.id);
  const set = await run(["set", made.key.id, "--budget-day", "7"]);
  expect(set.stdout).toContain(`${old?.successorId}, of the same rotation`);
  expect((await store.findKey(old?.successorId ?? ""))?.budgetDayNano).toBe(7_000_000_000n);
  const shown = await run(["show", old?.successorId ?? ""]);
  expect(shown.stdout).toMatch(new RegExp(`Replaces +${made.key.id}, until`));
  expect(shown.stdout).toContain("for all keys of the rotation");
  expect((await run(["revoke", old?.successorId ?? "", "--yes"])).stderr).toContain(
    `${made.key.id}, which it replaced`,
  );
});

test("rotate with no overlap ends the old key at once, and a key is rotated once", async () => {
  const made = await store.createKey({ accountId: acme.id, name: "ci" });
  const { stdout } = await run(["rotate", made.key.id, "--overlap", "0", "--json"]);
  const rotated = JSON.parse(stdout);
  expect(rotated).toMatchObject({
    status: "active",
    replaced: { id: made.key.id, status: "expired" },
    gatewaysTold: true,
  });
  const again = await run(["rotate", made.key.id]);
  expect(again).toMatchObject({ exitCode: 1, stdout: "" });
  expect(again.stderr).toContain(rotated.id);
});

test("disable and enable tell the gateways and are seen in the list; a revoked key is not switched, set or rotated", async () => {
  const { id } = await makeKey();
  expect((await run(["disable", id])).stdout).toBe(`Disabled ${id} (made).`);
  await expect.poll(() => heard).toContainEqual({ type: "key", keyId: id });
  expect((await run(["list"])).stdout).toMatch(new RegExp(`${id}.*disabled`));
  expect((await run(["rotate", id])).stderr).toContain("tera keys enable");
  expect(JSON.parse((await run(["enable", id, "--json"])).stdout)).toMatchObject({ status: "active" });
  await store.revokeKey(id);
  for (const args of [
    ["enable", id],
    ["set", id, "--name", "x"],
    ["rotate", id],
  ]) {
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("revoked");
  }
});

test("revoke says which requests shall end", async () => {
  const { id } = await makeKey();
  await run(["revoke", id, "--yes", "--no-end-waiting"]);
  await run(["revoke", id, "--yes"]);
  await run(["revoke", id, "--yes", "--end-streams"]);
  const about = () => heard.filter((message) => message.type === "key" && message.keyId === id);
  await expect.poll(() => about().length).toBe(3);
  expect(about().map((message) => message.type === "key" && message.end)).toEqual([undefined, "waiting", "all"]);
});

test("wrong values are refused with what would be right, and nothing is changed", async () => {
  const { id } = await makeKey();
  const before = await store.findKey(id);
  const wrong = [
    { args: ["set", id], said: "tera keys set --help" },
    { args: ["set", id, "--budget-day", "5,00"], said: "--budget-day 5,00" },
    { args: ["set", id, "--budget-day", "-5"], said: "--budget-day" },
    { args: ["set", id, "--budget-month", "0.0000000001"], said: "nine decimals" },
    { args: ["set", id, "--budget-total", "9999999999"], said: "1000000000" },
    { args: ["set", id, "--requests-per-minute", "0"], said: "1 to 1000000" },
    { args: ["set", id, "--tokens-per-minute", "1e6"], said: "whole number" },
    { args: ["set", id, "--concurrency", "many"], said: "or none" },
    { args: ["set", id, "--address", "10.1.2.3/8"], said: "10.0.0.0/8" },
    { args: ["set", id, "--address", "localhost"], said: "203.0.113.0/24" },
    { args: ["set", id, "--address", "all", "--address", "::1"], said: "excludes" },
    { args: ["set", id, "--model", "two words"], said: "Qwen/Qwen2.5-7B-Instruct" },
    { args: ["set", id, "--expires", "yesterday"], said: "or none" },
    { args: ["set", "key_nobody", "--name", "x"], said: "tera keys list" },
    { args: ["rotate", id, "--overlap", "soon"], said: "24h" },
    { args: ["rotate", id, "--overlap", "99999d"], said: "a year at most" },
  ];
  for (const { args, said } of wrong) {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(said);
  }
  expect(await store.findKey(id)).toEqual(before);
});
