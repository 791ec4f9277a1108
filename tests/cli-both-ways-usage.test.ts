/** What the command line tells of usage through the Admin API is what it tells beside the database: sums, requests, one request, and every request of a period. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runForTest } from "@tera/cli/testing";
import { startTestDashboard } from "@tera/dashboard/testing";
import {
  createContentStore,
  createContentWriter,
  createPriceStore,
  createRefusalLog,
  createRefusalStore,
  createUsageWriter,
} from "@tera/metering";
import { newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createBothWays } from "./support/both-ways.ts";

const dashboard = await startTestDashboard();
const { db } = dashboard;
const folder = await mkdtemp(join(tmpdir(), "tera-both-usage-"));
const url = await dashboard.app.listen({ host: "127.0.0.1", port: 0 });
const remote = { TERA_ADMIN_URL: url, TERA_ADMIN_TOKEN: await dashboard.tokenOf("owner") };
const local = { DATABASE_URL: dashboard.databaseUrl };
const { through, beside, expectSame } = createBothWays({ remote, local }, db);
afterAll(async () => {
  await Promise.all([dashboard.close(), rm(folder, { recursive: true })]);
});

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const noon = Date.UTC(2026, 10, 23, 12);
const hourMs = 3_600_000;
const period = ["--from", "2026-11-22T12:30Z", "--to", "2026-11-25"];
const requestsOfExport = 2_500;
let accountId = "";

beforeAll(async () => {
  accountId = await dashboard.createAccount("Acme");
  const amounts = { inputNano: 100n, cacheReadNano: 10n, outputNano: 1_000n };
  const prices = createPriceStore({ db });
  const price = await prices.addPrice({ model: "m", ...amounts, author: "test", validFrom: new Date(noon) });
  const billing = { priceId: price.id, holds: [{ purseId: accountId }] };
  const usage = { promptTokens: 2_000, cachedTokens: 500, completionTokens: 100, reasoningTokens: 40 };
  const record = (change: UsageRecordChange) => newUsageRecord({ accountId, admittedAtMs: noon, usage, ...change });
  const writer = createUsageWriter({ db, author: "gateway:g1" });
  await writer.settle([
    record({ billing, requestId: "req_priced", queueMs: 20, ttftMs: 350, totalMs: 1_200 }),
    record({ billing, keyId: "key_2", admittedAtMs: noon + hourMs }),
    record({
      requestId: "req_failed",
      status: "failed",
      errorCode: "runner_failed",
      attempts: 2,
      failedAttempts: [{ attempt: 1, workerId: "w1", runnerId: "r1", code: "worker_lost" }],
      admittedAtMs: noon + 2 * hourMs,
    }),
    record({
      requestId: "req_formula",
      billing: { ...billing, lane: "batch" },
      model: "=1+1",
      admittedAtMs: noon + 24 * hourMs,
    }),
  ]);
  const october = Date.UTC(2026, 9, 5);
  const many = Array.from({ length: requestsOfExport }, (_, index) => record({ admittedAtMs: october + index }));
  for (let at = 0; at < many.length; at += 500) await writer.settle(many.slice(at, at + 500));
  await prices.addPrice({ model: "m", ...amounts, outputNano: 2_000n, author: "test", validFrom: new Date(noon) });

  const log = createRefusalLog({ store: createRefusalStore({ db }), log: quiet, samplesOfKeyMax: 2 });
  const refusal = { key: { accountId, keyId: "key_1" }, code: "rate_limit_exceeded", message: "Too fast." };
  for (const requestId of ["req_r1", "req_r2", "req_r3"]) {
    log.record({ requestId, model: "m", ...refusal, atMs: Date.now() });
  }
  await log.close(5_000);
  const content = createContentWriter({ store: createContentStore({ db }), log: quiet });
  content.add({
    requestId: "req_priced",
    accountId,
    keyId: "key_1",
    prompt: { parts: [{ role: "user", text: "Hello", cut: 7 }], missingParts: 2 },
    answer: { parts: [{ index: 0, reasoning: "hm", text: "Hi" }], missingParts: 0 },
    expiresAt: new Date(Date.now() + 86_400_000),
  });
  await content.close(5_000);
});

test("sums, by everything, of whole hours; corrections apart", async () => {
  for (const by of ["day", "hour", "model", "key", "account"]) await expectSame("usage", ...period, "--by", by);
  await expectSame("usage", ...period, "--account", accountId, "--key", "key_2", "--model", "m");
  await beside(
    "prices",
    "rerate",
    "m",
    "--from",
    "2026-11-23",
    "--to",
    "2026-11-24",
    "--apply",
    "--yes",
    "--reason",
    "x",
  );
  await expectSame("usage", ...period, "--by", "key");
  expect((await through("usage", ...period)).stdout).toContain("CORRECTED");
});

test("the last requests, page after page, and those that were refused", async () => {
  await expectSame("usage", "requests");
  await expectSame("usage", "requests", "--limit", "2", "--after", "req_formula");
  await expectSame("usage", "requests", "--status", "failed", ...period);
  await expectSame("usage", "requests", "--limit", "450", "--to", "2026-11-01");
  await expectSame("usage", "requests", "--lane", "batch");
  await expectSame("usage", "requests", "--status", "refused");
  await expectSame("usage", "requests", "--status", "refused", "--after", "req_r2");
  await expect(through("usage", "requests", "--after", "req_none")).rejects.toThrow("nothing is kept of this request");
});

test("one request, how its cost came about, and what was asked and answered", async () => {
  for (const id of ["req_priced", "req_failed", "req_formula", "req_r1"]) {
    await expectSame("usage", "requests", "--id", id);
  }
  await expectSame("usage", "requests", "--id", "req_priced", "--content");
  await expectSame("usage", "requests", "--id", "req_failed", "--content");
  await expect(through("usage", "requests", "--id", "req_none")).rejects.toThrow("Nothing is kept of req_none");
});

test("a customer is not told where it ran, and nothing of others", async () => {
  const other = await dashboard.createAccount("Other");
  const as = async (of: string, ...args: string[]) => {
    const environment = { ...remote, TERA_ADMIN_TOKEN: await dashboard.tokenOf("member", of) };
    return runForTest(["usage", ...args], { environment, columns: 200 });
  };
  expect((await as(accountId, "requests", "--id", "req_failed", "--json")).stdout).not.toMatch(
    /"w1"|"r1"|"g1"|gateway-/,
  );
  expect((await as(accountId, "requests", "--json")).stdout).not.toMatch(/"w1"|"r1"/);
  expect((await as(accountId, "export", "--format", "jsonl", ...period)).stdout).not.toMatch(/"(worker|runner)_id":"/);
  expect((await as(other, "requests", "--id", "req_failed")).stderr).toContain("Nothing is kept of req_failed");
  expect((await as(other, ...period)).stderr).toContain("Nothing was used");
  expect((await as(other, "export", ...period)).stderr).toContain("Exported 0 requests");
});

test("every request of a period, as CSV and as lines of JSON, byte by byte the same", async () => {
  for (const format of ["csv", "jsonl"]) {
    const files = [join(folder, `through.${format}`), join(folder, `beside.${format}`)] as const;
    const wanted = ["usage", "export", "--from", "2026-10-01", "--to", "2026-12-01", "--format", format, "--output"];
    const said = (await through(...wanted, files[0])).stderr;
    await beside(...wanted, files[1]);
    expect(said).toContain(`Exported ${(requestsOfExport + 4).toLocaleString("en")} requests`);
    const [one, other] = await Promise.all(files.map((file) => readFile(file, "utf8")));
    expect(one).toBe(other);
  }
});

test("an export that breaks off leaves no file that looks whole", async () => {
  const cut = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write('{"request_id":', () => response.destroy());
  });
  await new Promise<void>((resolve) => cut.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void cut.close());
  const { port } = cut.address() as AddressInfo;
  const args = ["usage", "export", ...period, "--output", join(folder, "cut.csv")];
  const { exitCode, stderr } = await runForTest(args, {
    environment: { ...remote, TERA_ADMIN_URL: `http://127.0.0.1:${port}` },
  });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("does not answer")]);
  expect((await readdir(folder)).filter((name) => name.startsWith("cut"))).toEqual([]);
});
