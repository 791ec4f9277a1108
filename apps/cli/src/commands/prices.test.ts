import { account, connectDatabase } from "@tera/database";
import { createLedgerStore, createPriceStore, createUsageWriter } from "@tera/metering";
import { connectBlockingRedis, type Invalidation, subscribeInvalidation } from "@tera/queue";
import { createTestDatabase, createTestRedis, newUsageRecord } from "@tera/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const [testDatabase, testRedis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const environment = { DATABASE_URL: testDatabase.url, REDIS_URL: testRedis.url, USER: "ada" };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const store = createPriceStore({ db });
const ledger = createLedgerStore({ db });
const log = { info: () => undefined, warn: () => undefined };
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), testRedis.stop()]);
});

const run = (args: string[], options: RunOptions = {}) =>
  runForTest(["prices", ...args], { environment, columns: 160, ...options });
const rowsOf = (model: string) => store.listPrices({ model, limit: 10 });

test("a price is stored to the nano, and the gateways are told", async () => {
  const heard: Invalidation[] = [];
  const subscription = await subscribeInvalidation({
    blockingRedis: connectBlockingRedis(testRedis.url, { name: "test", log }),
    onMessage: (message) => heard.push(message),
    onReconnect: () => undefined,
  });
  onTestFinished(() => subscription.stop());
  const amounts = ["--input", "0.15", "--output", "0.60", "--cache-read", "0.015", "--request", "0.000000001"];
  const rest = ["--per-million-characters", "15", "--batch-discount", "12.5%", "--reason", "launch"];
  const { exitCode, stdout } = await run(["set", "org/all", ...amounts, ...rest]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    "org/all: $0.15 in, $0.6 out, $0.015 cached per million tokens, $15 per million characters, $0.000000001 per",
  );
  expect(await rowsOf("org/all")).toMatchObject([
    {
      inputNano: 150n,
      outputNano: 600n,
      cacheReadNano: 15n,
      requestNano: 1n,
      characterNano: 15_000n,
      batchDiscountBasisPoints: 1_250,
      isFree: false,
      author: "cli:ada",
      reason: "launch",
    },
  ]);
  await expect.poll(() => heard).toEqual([{ type: "prices" }]);
});

test("without --cache-read a cached token costs as much as any other", async () => {
  await run(["set", "org/uncached", "--input", "0.2", "--output", "1"]);
  expect(await rowsOf("org/uncached")).toMatchObject([{ inputNano: 200n, cacheReadNano: 200n }]);
});

test("the first price begins at once; one that replaces another a moment ahead, so that all gateways change together", async () => {
  const startedMs = Date.now();
  await run(["set", "org/next", "--input", "1", "--output", "1"]);
  await run(["set", "org/next", "--input", "2", "--output", "2"]);
  const [second, first] = await rowsOf("org/next");
  expect(first?.validFrom.getTime()).toBeLessThanOrEqual(Date.now());
  expect(second?.validFrom.getTime()).toBeGreaterThanOrEqual(startedMs + 2_000);
  expect(JSON.parse((await run(["list", "org/next", "--json"])).stdout)).toMatchObject([
    { input: "2" },
    { input: "1", status: expect.stringMatching(/in force|replaced/) },
  ]);
});

test("the history says what is in force, what comes, what was replaced and what was corrected", async () => {
  const set = (input: string, from: string) =>
    run(["set", "org/history", "--input", input, "--output", "1", "--from", from]);
  await set("1", "2026-01-01");
  await set("2", "2026-02-01");
  const corrected = await set("3", "2026-02-01T00:00Z");
  expect(corrected.stderr).toContain("tera prices rerate org/history --from 2026-02-01T00:00:00.000Z");
  await set("4", "2999-01-01");
  const listed = JSON.parse((await run(["list", "org/history", "--json"])).stdout);
  expect(listed.map(({ input, status, revision }: Record<string, unknown>) => [input, status, revision])).toEqual([
    ["4", "ahead", 1],
    ["3", "in force", 2],
    ["2", "corrected", 1],
    ["1", "replaced", 1],
  ]);
  const shown = await run(["show", "org/history"]);
  expect(shown.stdout).toMatch(/^org\/history: \$3 in, \$1 out per million tokens$/m);
  expect(shown.stdout).toContain("Next: $4 in");
  expect((await run(["list"])).stdout).toMatch(/^org\/history +in force +2026-02-01 00:00 UTC +\$3 in/m);
});

test("a free model says so", async () => {
  expect((await run(["set", "org/free", "--free"])).stdout).toContain("org/free: free");
  expect(await rowsOf("org/free")).toMatchObject([{ isFree: true, inputNano: 0n }]);
});

test.for([
  { args: ["--input", "0.0001", "--output", "1"], said: "at most three decimals" },
  { args: ["--input", "1", "--output", "1e3"], said: "--output must be USD per million" },
  { args: ["--input", "-1", "--output", "1"], said: "--input" },
  { args: ["--input", "1000000.001", "--output", "1"], said: "--input must be at most 1000000 USD" },
  { args: ["--request", "9999999999"], said: "--request must be at most 1000000 USD" },
  { args: ["--input", "1"], said: "--input and --output go together" },
  { args: ["--input", "0", "--output", "0"], said: "say --free" },
  { args: ["--free", "--input", "1", "--output", "1"], said: "leave the amounts out" },
  { args: ["--request", "0.0000000001"], said: "at most nine decimals" },
  { args: ["--request", "1", "--batch-discount", "101%"], said: "from 0% to 100%" },
  { args: ["--request", "1", "--batch-discount", "0.5.5"], said: "percentage" },
  { args: ["--request", "1", "--from", "tomorrow"], said: "--from must be a time" },
  { args: [], said: "Nothing was named" },
])("a bad price is refused with what would be right, and nothing is written: $args", async ({ args, said }) => {
  const { exitCode, stdout, stderr } = await run(["set", "org/refused", ...args]);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(said);
  expect(await rowsOf("org/refused")).toEqual([]);
});

test("a model without a price is said, with the nearest that has one", async () => {
  await run(["set", "org/known", "--free"]);
  expect((await run(["show", "org/knwon"])).stderr).toContain("Did you mean org/known?");
});

test("re-rating: dry at first, then booked with its reason, and nothing is left to book", async () => {
  const model = "org/rerated";
  const [noon, hourMs] = [Date.UTC(2026, 10, 23, 12), 3_600_000];
  const accountIds = ["acct_a", "acct_b"];
  for (const id of accountIds) {
    await db.insert(account).values({ id, name: "x", kind: "prepaid" });
    await ledger.topUp({ accountId: id, amountNano: 1_000_000n, author: "test", reason: "paid" });
  }
  await run(["set", model, "--input", "0.1", "--output", "1", "--from", "2026-11-23T11:00"]);
  const [wrong] = await rowsOf(model);
  await createUsageWriter({ db, author: "gateway:g1" }).settle(
    [...accountIds, "acct_a"].map((accountId) =>
      newUsageRecord({
        accountId,
        model,
        usage: { promptTokens: 20, completionTokens: 10 },
        admittedAtMs: noon,
        billing: { priceId: wrong?.id, holds: [{ purseId: accountId }] },
      }),
    ),
  );
  await run(["set", model, "--input", "0.05", "--output", "0.5", "--from", "2026-11-23T11:00"]);
  const period = [
    "rerate",
    model,
    "--from",
    new Date(noon).toISOString(),
    "--to",
    new Date(noon + hourMs).toISOString(),
  ];

  const dry = await run(period);
  expect(dry.stdout).toMatch(/^acct_a +2 +2 +\$0.000024 +\$0.000012 +-\$0.000012$/m);
  expect(dry.stderr).toContain("Nothing was changed");
  expect((await ledger.balance("acct_a"))?.balanceNano).toBe(976_000n);

  expect((await run([...period, "--apply"])).stderr).toContain("--apply needs --reason");
  expect((await run([...period, "--apply", "--reason", "typo"])).stderr).toContain("Add --yes");
  expect((await run([...period, "--apply", "--reason", "typo"], { answers: ["n"] })).stderr).toContain(
    "Nothing was done",
  );
  const applied = await run([...period, "--apply", "--reason", "typo"], { answers: ["y"] });
  expect(applied.stdout).toMatch(/^Booked -\$0.000012 for acct_a/m);
  expect((await ledger.list({ accountId: "acct_a", limit: 1 }))[0]).toMatchObject({
    kind: "correction",
    author: "cli:ada",
    reason: "typo",
    reference: expect.stringMatching(/^rerate_\w{16}:acct_a$/),
  });
  const again = JSON.parse((await run([...period, "--apply", "--reason", "typo", "--json"])).stdout);
  expect(again).toMatchObject({
    applied: true,
    corrections: [],
    accounts: [{ old: "0.000012", new: "0.000012", difference: "0" }, {}],
  });
  expect((await ledger.balance("acct_b"))?.balanceNano).toBe(994_000n);

  const [free] = await rowsOf("org/free");
  expect((await run([...period, "--price", free?.id ?? ""])).stderr).toContain("is a price of org/free");
});
