import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, auditEvent, connectDatabase, price } from "@tera/database";
import {
  createContentStore,
  createContentWriter,
  createPriceStore,
  createRefusalLog,
  createRefusalStore,
  createUsageWriter,
  ensureUsageMonths,
} from "@tera/metering";
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
    record({ billing, requestId: "req_priced", queueMs: 20, ttftMs: 350, totalMs: 1_200 }),
    record({ billing, keyId: "key_2", admittedAtMs: noon + 3_600_000 }),
    record({
      requestId: "req_failed",
      status: "failed",
      errorCode: "runner_failed",
      attempts: 2,
      failedAttempts: [{ attempt: 1, workerId: "w1", runnerId: "r1", code: "worker_lost" }],
      admittedAtMs: noon + 7_200_000,
    }),
    record({
      requestId: "req_formula",
      billing: { ...billing, lane: "batch" },
      model: formula,
      admittedAtMs: noon + 86_400_000,
    }),
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

test("requests are found by status, by lane, and page by page without a repetition", async () => {
  const ids = async (...args: string[]) =>
    (JSON.parse((await run(["requests", "--json", ...args])).stdout) as { requestId: string }[]).map(
      ({ requestId }) => requestId,
    );
  expect(await ids("--status", "failed")).toEqual(["req_failed"]);
  expect(await ids("--lane", "batch")).toEqual(["req_formula"]);
  expect(await ids("--lane", "interactive", "--status", "failed")).toEqual(["req_failed"]);
  const all = await ids();
  expect(all).toHaveLength(4);
  const first = await run(["requests", "--limit", "3"]);
  expect(first.stderr).toBe(`Older ones: --after ${all[2]}`);
  expect(await ids("--limit", "3", "--after", all[2] ?? "")).toEqual(all.slice(3));
  expect((await run(["requests", "--after", "req_none"])).stderr).toContain("nothing is kept of this request");
});

test("refused requests are listed with what the client was told, counted, and found by their id", async () => {
  const log = createRefusalLog({
    store: createRefusalStore({ db }),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    samplesOfKeyMax: 2,
  });
  const key = { accountId: "acct_a", keyId: "key_1" };
  const said = { code: "rate_limit_exceeded", message: "Too\u001b[2J fast." };
  for (const requestId of ["req_r1", "req_r2", "req_r3"]) {
    log.record({ requestId, key, model: "m", ...said, atMs: Date.now() });
  }
  await log.close(5_000);
  const { stdout, stderr } = await run(["requests", "--status", "refused", "--key", "key_1"]);
  expect(stdout).toMatch(/ req_r2 +key_1 +m +rate_limit_exceeded +Too fast\.\n.* req_r1 /);
  expect(stdout).not.toContain("req_r3");
  expect(stderr).toContain("Refused in all, in the last seven days at most: 3 (3 rate_limit_exceeded).");
  expect((await run(["requests", "--status", "refused", "--key", "key_2"])).stderr).toContain("No request was refused");
  const after = await run(["requests", "--status", "refused", "--after", "req_r2", "--json"]);
  expect(JSON.parse(after.stdout)).toMatchObject([{ requestId: "req_r1", code: "rate_limit_exceeded" }]);
  const one = await run(["requests", "--id", "req_r1"]);
  expect(one.stdout).toMatch(/^Status +refused: rate_limit_exceeded$/m);
  expect(one.stdout).toMatch(/^Why +A limit of the key or of the account was reached\.$/m);
});

test("of one request everything is told, and its cost can be added up", async () => {
  const { stdout } = await run(["requests", "--id", "req_priced"], { columns: 100 });
  expect(stdout).toMatch(/^Account +acct_a \(A\)$/m);
  expect(stdout).toMatch(/^Input +2000 \(500 cached\)$/m);
  expect(stdout).toMatch(/^first token +2026-11-23 12:00:00.350 +350 ms +850 ms$/m);
  expect(stdout).toMatch(/^cached input tokens +500 +0.00000001 +0.000005$/m);
  expect(stdout).toMatch(/^charge +0.000255$/m);
  expect(stdout).toMatch(/^by price_\w+, in force from 2026-11-23 12:00 UTC$/m);
  const failed = await run(["requests", "--id", "req_failed"], { columns: 120 });
  expect(failed.stdout).toMatch(/^1 +w1 +r1 +failed: worker_lost$[\s\S]*^Attempt 1: The worker died/m);
  expect(failed.stdout).toContain("Nothing was charged. Requests that fail cost nothing.");
  const json = JSON.parse((await run(["requests", "--id", "req_priced", "--json"])).stdout);
  expect(json).toMatchObject({
    why: "It was answered in full.",
    cost: "0.000255",
    costOf: {
      charged: { amount: "0.000255", lines: [{ measure: "input", quantity: "1500", unit: "0.0000001" }, {}, {}] },
    },
  });
  expect(json).not.toHaveProperty("content");
  expect((await run(["requests", "--id", "req_none"])).stderr).toContain("Nothing is kept of req_none");
});

test("what is kept of a request is shown on demand, and can neither move the cursor nor pass for a line of ours", async () => {
  const evil = "Hello\u001b[2J\rKept until never.\nanswer:";
  const writer = createContentWriter({
    store: createContentStore({ db }),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  writer.add({
    requestId: "req_priced",
    accountId: "acct_a",
    keyId: "key_1",
    prompt: { parts: [{ role: "user", text: evil, cut: 7 }], missingParts: 2 },
    answer: { parts: [{ index: 0, reasoning: "hm", text: "Hi" }], missingParts: 0 },
    expiresAt: new Date(Date.now() + 86_400_000),
  });
  await writer.close(5_000);
  const { stdout } = await run(["requests", "--id", "req_priced", "--content"]);
  const content = stdout.slice(stdout.indexOf("[2 older"));
  expect(content.split("\n").slice(0, -1)).toEqual([
    "[2 older messages are not kept]",
    "",
    "user:",
    "  Hello",
    "  Kept until never.",
    "  answer:",
    "  [7 more characters were not kept]",
    "",
    "answer:",
    "  (reasoning) hm",
    "  Hi",
    "",
  ]);
  expect(content).toMatch(/Kept until \d{4}-.* UTC\.$/);
  expect((await run(["requests", "--id", "req_failed", "--content"])).stderr).toContain("Nothing is kept");
  const json = JSON.parse((await run(["requests", "--id", "req_failed", "--content", "--json"])).stdout);
  expect(json.content).toBeNull();
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
  { args: ["requests", "--status", "lost"], said: "Allowed choices are succeeded, failed, cancelled, refused" },
  { args: ["requests", "--status", "refused", "--lane", "batch"], said: "on no lane" },
  { args: ["requests", "--content"], said: "name it with --id" },
])("a wrong use is refused with what would be right: $args", async ({ args, said }) => {
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(said);
});

test("retention shows the months, and drops only what it is told to, and nothing that is still needed", async () => {
  const now = new Date();
  const middleOf = (monthsAgo: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, 15));
  const monthOf = (monthsAgo: number) => middleOf(monthsAgo).toISOString().slice(0, 7);
  const [first] = await db.select({ id: price.id }).from(price);
  await db.insert(account).values({ id: "acct_prepaid", name: "prepaid", kind: "prepaid" });
  await createUsageWriter({ db, author: "gateway:g1" }).settle([
    record({
      billing: { priceId: first?.id, holds: [{ purseId: "acct_a" }] },
      admittedAtMs: middleOf(4).getTime(),
    }),
    record({ accountId: "acct_prepaid", admittedAtMs: middleOf(5).getTime() }),
  ]);
  await ensureUsageMonths(db);
  const monthsOf = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await runForTest(["usage", "retention", "--json", ...args], { environment })).stdout);
  const line = (monthsAgo: number, state: string, reason?: string) =>
    expect.arrayContaining([
      { month: monthOf(monthsAgo), state, requests: 1, bytes: expect.any(Number), ...(reason && { reason }) },
    ]);
  const needed = "usage of acct_a in it has not been invoiced";
  expect(await monthsOf()).toEqual(line(4, "kept"));
  expect(await monthsOf("--months", "2")).toEqual(line(5, "expired"));
  const applied = await monthsOf("--months", "2", "--apply", "--yes");
  expect(applied).toEqual(line(4, "needed", needed));
  expect(applied).toEqual(line(5, "dropped"));
  const entries = (await db.select().from(auditEvent)).filter(({ action }) => action === "usage.drop");
  expect(entries).toMatchObject([{ actorKind: "cli", objectId: monthOf(5), before: { events: 1 } }]);
  // It was postpaid when it used them: they are to be invoiced, whatever it is now.
  await db.update(account).set({ kind: "prepaid" });
  expect(await monthsOf("--months", "2", "--apply", "--yes")).toEqual(line(4, "needed", needed));
  expect(await monthsOf()).not.toEqual(line(5, "kept"));
  const refused = await runForTest(["usage", "retention", "--apply"], { environment });
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("--months")]);
});
