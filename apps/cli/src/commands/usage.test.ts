import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, connectDatabase, price } from "@tera/database";
import { createPriceStore, createUsageWriter, ensureUsageMonths } from "@tera/metering";
import { createTestDatabase, newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const testDatabase = await createTestDatabase();
const environment = { DATABASE_URL: testDatabase.url };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const directory = await mkdtemp(join(tmpdir(), "tera-usage-"));
const noon = Date.UTC(2026, 10, 23, 12);
const formula = '=HYPERLINK("http://evil.example","m")';

function record(change: UsageRecordChange = {}) {
  const usage = { promptTokens: 2_000, cachedTokens: 500, completionTokens: 100, reasoningTokens: 40 };
  return newUsageRecord({ accountId: "acct_a", admittedAtMs: noon, usage, ...change });
}

beforeAll(async () => {
  await db.insert(account).values({ id: "acct_a", name: "A", kind: "postpaid" });
  const price = await createPriceStore({ db }).addPrice({
    model: "m",
    inputNano: 100n,
    cacheReadNano: 10n,
    outputNano: 1_000n,
    author: "test",
    validFrom: new Date(noon),
  });
  const billing = { priceId: price.id, holds: [{ purseId: "acct_a" }] };
  await createUsageWriter({ db, author: "gateway:g1" }).settle([
    record({ billing }),
    record({ billing, keyId: "key_2", admittedAtMs: noon + 3_600_000 }),
    record({
      requestId: "req_failed",
      status: "failed",
      errorCode: "runner_failed",
      attempts: 2,
      failedAttempts: [{ attempt: 1, workerId: "w1", runnerId: "r1", code: "worker_lost" }],
      admittedAtMs: noon + 7_200_000,
    }),
    record({ requestId: "req_formula", model: formula, admittedAtMs: noon + 86_400_000 }),
  ]);
});
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), rm(directory, { recursive: true })]);
});

const run = (args: string[], options: RunOptions = {}) =>
  runForTest(["usage", ...args], { environment, columns: 200, ...options });
const period = ["--from", "2026-11-23", "--to", "2026-11-24"];

test("sums by day, with cached and reasoning tokens apart, and the exact cost", async () => {
  const { stdout, stderr } = await run(period);
  // 1500 x 100 + 500 x 10 + 100 x 1000, twice.
  expect(stdout).toMatch(/^2026-11-23 +3 +1 +6,000 +1,500 +300 +120 +\$0.00051$/m);
  expect(stdout).toMatch(/^all +3 +1 /m);
  expect(stderr).toContain("from 2026-11-23 00:00 UTC to 2026-11-24 00:00 UTC");
  expect(JSON.parse((await run([...period, "--by", "key", "--json"])).stdout)).toMatchObject({
    by: "key",
    groups: [
      { group: "key_1", requests: 2, failedRequests: 1, charged: "0.000255", corrected: "0", cost: "0.000255" },
      { group: "key_2", requests: 1 },
    ],
    total: { requests: 3, cachedTokens: 1_500, reasoningTokens: 120, cost: "0.00051" },
  });
  expect((await run([...period, "--account", "acct_other"])).stderr).toContain("Nothing was used");
});

test("the last requests say why attempts failed; a subcommand's options are its own", async () => {
  const { stdout } = await run(["requests", "--limit", "2", "--account", "acct_a"]);
  expect(stdout.split("\n")).toHaveLength(3);
  expect(stdout).toContain("failed: runner_failed; 1: worker_lost on w1/r1");
  const [latest] = JSON.parse((await run(["requests", "--key", "key_2", "--json"])).stdout);
  expect(latest).toMatchObject({ keyId: "key_2", charged: "0.000255", cachedTokens: 500, failedAttempts: [] });
  expect(latest).not.toHaveProperty("holds");
});

test("an export is a whole file or none; what a spreadsheet would run is text in it", async () => {
  const path = join(directory, "usage.csv");
  const { exitCode, stderr } = await run(["export", "--output", path]);
  expect([exitCode, stderr]).toEqual([0, `Exported 4 requests to ${path}.`]);
  expect(await readdir(directory)).toEqual(["usage.csv"]);
  const lines = (await readFile(path, "utf8")).split("\r\n");
  expect(lines[0]).toMatch(/^request_id,admitted_at,account_id,key_id,model,/);
  expect(lines).toHaveLength(6);
  expect(lines[4]).toContain(`,"'=HYPERLINK(""http://evil.example"",""m"")",chat,`);
  expect(lines[1]).toContain(",0.000255,0,1,");

  const failed = await run(["export", "--output", join(directory, "none", "usage.csv")]);
  expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("cannot be written") });
});

test("JSON lines come on stdout, with amounts as exact strings", async () => {
  const { stdout, stderr } = await run(["export", "--format", "jsonl", ...period]);
  const rows = stdout.split("\n").map((line) => JSON.parse(line));
  expect(rows).toMatchObject([
    { charge_usd: "0.000255" },
    { key_id: "key_2" },
    { request_id: "req_failed", error_code: "runner_failed" },
  ]);
  expect(stderr).toBe("Exported 3 requests.");
});

test.for([
  { args: ["--from", "yesterday"], said: "--from must be a time" },
  { args: ["--from", "2026-11-02", "--to", "2026-11-01"], said: "must lie before" },
  { args: ["--by", "colour"], said: "Allowed choices are day, hour, model, key, account" },
  { args: ["export", "--format", "xml"], said: "Allowed choices are csv, jsonl" },
  { args: ["requests", "--limit", "many"], said: "whole number" },
])("a wrong use is refused with what would be right: $args", async ({ args, said }) => {
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(said);
});

test("retention shows the months, and drops only what it is told to, and nothing that is still needed", async () => {
  const now = new Date();
  const ago = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 4, 15));
  const needed = ago.toISOString().slice(0, 7);
  const [first] = await db.select({ id: price.id }).from(price);
  const billing = { priceId: first?.id, holds: [{ purseId: "acct_a" }] };
  await createUsageWriter({ db, author: "gateway:g1" }).settle([record({ billing, admittedAtMs: ago.getTime() })]);
  await ensureUsageMonths(db);
  const monthsOf = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await runForTest(["usage", "retention", "--json", ...args], { environment })).stdout);
  const line = (state: string, reason?: string) =>
    expect.arrayContaining([
      { month: needed, state, requests: 1, bytes: expect.any(Number), ...(reason && { reason }) },
    ]);
  expect(await monthsOf()).toEqual(line("kept"));
  expect(await monthsOf("--months", "2", "--apply", "--yes")).toEqual(
    line("needed", "usage of acct_a in it has not been invoiced"),
  );
  await db.update(account).set({ kind: "prepaid" });
  expect(await monthsOf("--months", "2")).toEqual(line("expired"));
  expect(await monthsOf("--months", "2", "--apply", "--yes")).toEqual(line("dropped"));
  expect(await monthsOf()).not.toEqual(line("kept"));
  const refused = await runForTest(["usage", "retention", "--apply"], { environment });
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("--months")]);
});
