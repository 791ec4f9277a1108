import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, connectDatabase } from "@tera/database";
import { installTestClock } from "@tera/database/testing";
import { createLedgerStore, createPriceStore, createUsageWriter } from "@tera/metering";
import { createTestDatabase, newUsageRecord, startFakeStripe } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { runForTest } from "../../testing/run-cli.ts";

const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
const clock = await installTestClock(testDatabase.url);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const folder = await mkdtemp(join(tmpdir(), "tera-invoices-"));
const environment = {
  DATABASE_URL: testDatabase.url,
  USER: "ada",
  TERA_GATEWAY_STRIPE_KEY: "sk_test_1",
  TERA_GATEWAY_STRIPE_URL: stripe.url,
};
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), stripe.close(), rm(folder, { recursive: true })]);
});

const run = (...args: string[]) => runForTest(["invoices", ...args], { environment, columns: 160 });
async function runJson(...args: string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run(...args, "--json");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

await db.insert(account).values([
  { id: "acct_post", name: "Post", kind: "postpaid" },
  { id: "acct_pre", name: "Pre", kind: "prepaid" },
]);
await clock.set(new Date("2026-11-10T12:00:00Z"));
const { id: priceId } = await createPriceStore({ db }).addPrice({ model: "m", outputNano: 1_000n, author: "test" });
await createLedgerStore({ db }).topUp({
  accountId: "acct_pre",
  amountNano: 5_000_000_000n,
  author: "x",
  reason: "bank",
});
await createUsageWriter({ db, author: "gateway:g1" }).settle(
  ["acct_post", "acct_pre"].map((accountId) =>
    newUsageRecord({
      accountId,
      usage: { completionTokens: 1_000_001 },
      admittedAtMs: Date.UTC(2026, 10, 10, 12),
      billing: { priceId, holds: [{ purseId: accountId }] },
    }),
  ),
);

test("from the first run to the last payment", async () => {
  await clock.set(new Date("2026-12-01T01:00:00Z"));
  expect((await run("run")).stderr).toContain("Nobody has said who sells");
  await run("seller", "--name", "Terawatt", "--address", "Straße 1\\n10115 Berlin", "--tax-rate", "19%");
  expect(await runJson("seller")).toMatchObject({ address: "Straße 1\n10115 Berlin", taxRatePercent: "19" });
  await run("buyer", "acct_post", "--name", "Buyer & Co", "--tax-rate", "0");

  expect(await runJson("run", "--dry-run")).toMatchObject({
    month: "2026-11",
    issued: [],
    drafts: [{ accountId: "acct_post", exact: "1.000001", rounding: "-0.000001", tax: "0", total: "1" }],
  });
  expect(await runJson("list")).toEqual([]);
  expect(await runJson("run", "--month", "2026-11")).toMatchObject({
    issued: [
      { number: "2026-000001", accountId: "acct_post", total: "1", author: "cli:ada", buyer: { name: "Buyer & Co" } },
    ],
  });
  expect(await runJson("run")).toMatchObject({ issued: [] });
  expect(await runJson("show", "2026-000001")).toMatchObject({
    status: "open",
    lines: [{ model: "m", measure: "output", quantity: "1000001", unit: "0.000001", amount: "1.000001" }],
  });

  const pdf = join(folder, "one.pdf");
  expect((await run("pdf", "2026-000001", "-o", pdf)).exitCode).toBe(0);
  expect((await readFile(pdf)).subarray(0, 5).toString()).toBe("%PDF-");
  expect((await run("csv", "2026-000001")).stdout).toContain("2026-000001,2026-11,acct_post,total,,,,,,,,,1,");

  expect(await runJson("credit-note", "2026-000001", "--amount", "0.40", "--reason", "outage", "--yes")).toMatchObject({
    number: "2026-000002",
    refersTo: "2026-000001",
    total: "-0.4",
  });
  const link = await run("pay-link", "2026-000001", "--return-url", "https://console.example/");
  expect(link.stdout).toMatch(/^https:\/\/buy\.example\/\d+$/);
  expect(link.stderr).toContain("$0.6 on this page pays invoice 2026-000001 of acct_post");
  expect(await runJson("pay-link", "2026-000001")).toMatchObject({ number: "2026-000001", amount: "0.6" });
  expect(stripe.calls.map(({ fields }) => fields["line_items[0][price_data][unit_amount]"])).toEqual(["60", "60"]);
  expect(await runJson("pay", "2026-000001", "0.75", "--reference", "bank-1")).toEqual({
    number: "2026-000001",
    booked: true,
    open: "0",
    surplus: "0.15",
  });
  expect(await runJson("list")).toMatchObject([{ kind: "credit_note" }, { status: "paid", open: "0" }]);
  expect((await run("pay-link", "2026-000001")).stderr).toContain("is not open: there is nothing to pay");
  expect((await run("pay-link", "2026-000002")).stderr).toContain("There is no invoice 2026-000002");
});

test("a statement says what a prepaid account had, paid and used", async () => {
  expect(await runJson("statement", "acct_pre", "--month", "2026-11")).toMatchObject({
    opening: "0",
    movements: [{ kind: "top_up", amount: "5" }],
    usage: [{ amount: "1.000001" }],
    closing: "3.999999",
  });
  const pdf = join(folder, "statement.pdf");
  expect((await run("statement", "acct_pre", "--month", "2026-11", "-o", pdf)).exitCode).toBe(0);
  expect((await readFile(pdf)).subarray(0, 5).toString()).toBe("%PDF-");
});

test.each([
  { args: ["run", "--month", "2026-13"], says: "--month must be a month" },
  { args: ["run", "--month", "2027-05"], says: "2027-05 is not over yet" },
  { args: ["run", "--account", "acct_pre"], says: "acct_pre is prepaid" },
  { args: ["show", "2026-000099"], says: "There is no invoice 2026-000099" },
  { args: ["pay", "2026-000001", "zero", "--reference", "x"], says: "<usd> must be an amount" },
  { args: ["credit-note", "2026-000001", "--reason", "x"], says: "no terminal to ask on" },
  { args: ["buyer", "acct_post", "--tax-rate", "120%"], says: "--tax-rate must be a percentage" },
])("$args is refused in words: $says", async ({ args, says }) => {
  const { exitCode, stderr } = await run(...args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(says);
});
