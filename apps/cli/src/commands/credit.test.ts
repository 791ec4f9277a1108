import { account, connectDatabase, creditLease, purse } from "@tera/database";
import { createTestDatabase } from "@tera/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const testDatabase = await createTestDatabase();
const environment = { DATABASE_URL: testDatabase.url, USER: "ada" };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
beforeAll(async () => {
  await db.insert(account).values([
    { id: "acct_one", name: "One", kind: "prepaid" },
    { id: "acct_two", name: "Two", kind: "prepaid" },
    { id: "acct_owes", name: "Owes", kind: "postpaid" },
  ]);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const run = (args: string[], options: RunOptions = {}) =>
  runForTest(["credit", ...args], { environment, columns: 160, ...options });
const show = async (id: string) => JSON.parse((await run(["show", id, "--json"])).stdout);

test("a payment is booked with who and why, once for its reference", async () => {
  const add = ["add", "acct_one", "100.50", "--reason", "bank transfer", "--reference", "pay-1"];
  const first = await run(add);
  expect(first.stdout).toMatch(/^Booked \+\$100.5 for acct_one \(One\)\.\nBalance: \$100.5, available: \$100.5$/);
  expect((await run(add)).stdout).toContain('"pay-1" was booked before: nothing was changed.');
  expect(JSON.parse((await run([...add, "--json"])).stdout)).toMatchObject({ booked: false, balance: "100.5" });
  const ledger = JSON.parse((await run(["ledger", "acct_one", "--json"])).stdout);
  expect(ledger).toMatchObject({
    before: null,
    transactions: [
      {
        seq: "1",
        kind: "top_up",
        author: "cli:ada",
        reason: "bank transfer",
        reference: "pay-1",
        entries: [
          { book: "credit", amount: "100.5" },
          { book: "cash", amount: "-100.5" },
        ],
      },
    ],
  });
});

test("money leaves only after a yes, and never more than is available", async () => {
  await run(["add", "acct_two", "10", "--reason", "paid"]);
  const refund = ["refund", "acct_two", "4", "--reason", "closed"];
  expect((await run(refund)).stderr).toContain("Add --yes");
  expect((await run(refund, { answers: [""] })).stderr).toContain("Nothing was done");
  expect((await show("acct_two")).balance).toBe("10");
  expect((await run(refund, { answers: ["y"] })).stdout).toContain("Booked -$4");
  const tooMuch = await run(["refund", "acct_two", "6.000000001", "--reason", "x", "--yes"]);
  expect(tooMuch).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("has $6 available, which is less") });
  const adjusted = await run(["adjust", "acct_two", "--reason", "mistake", "--yes", "--", "-1"]);
  expect(adjusted.stdout).toContain("Balance: $5");
  expect((await run(["adjust", "acct_two", "2", "--reason", "gift"])).stdout).toContain("Balance: $7");
});

test("nothing is paid back to a postpaid account that it has not paid ahead", async () => {
  const before = (await show("acct_owes")).balance;
  const { exitCode, stderr } = await run(["refund", "acct_owes", "1", "--reason", "x", "--yes"]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("available, which is less")]);
  expect((await show("acct_owes")).balance).toBe(before);
});

test("what gateways hold in leases is shown, and is not available", async () => {
  await db.update(purse).set({ leasedNano: 500_000_000n });
  await db
    .insert(creditLease)
    .values({ id: "lease_1", purseId: "acct_two", gatewayId: "g", amountNano: 500_000_000n, expiresAt: new Date() });
  expect(await show("acct_two")).toMatchObject({ kind: "prepaid", balance: "7", leased: "0.5", available: "6.5" });
  expect((await run(["show", "acct_owes"])).stdout).toContain("It is postpaid");
});

test("a ledger is read page by page", async () => {
  for (let number = 2; number <= 5; number++) await run(["add", "acct_one", "1", "--reason", `payment ${number}`]);
  const first = await run(["ledger", "acct_one", "--limit", "3"]);
  expect(first.stdout.match(/payment \d/g)).toEqual(["payment 5", "payment 4", "payment 3"]);
  expect(first.stderr).toContain("tera credit ledger acct_one --before 3");
  const second = await run(["ledger", "acct_one", "--limit", "3", "--before", "3"]);
  expect(second.stdout).toMatch(/payment 2[\s\S]*bank transfer \(pay-1\)/);
  expect(second.stderr).toBe("");
});

test.for([
  { args: ["add", "acct_one", "1.0000000001", "--reason", "x"], said: "at most nine decimals" },
  { args: ["add", "acct_one", "0", "--reason", "x"], said: "must be USD" },
  { args: ["add", "acct_one", "9999999999", "--reason", "x"], said: "more than can be kept" },
  { args: ["add", "acct_one", "--reason", "x", "--", "-1"], said: "tera credit adjust" },
  { args: ["add", "acct_one", "5"], said: "--reason" },
  { args: ["add", "acct_onee", "5", "--reason", "x"], said: "Did you mean acct_one?" },
  { args: ["show", "nobody"], said: "acct_two  Two" },
  { args: ["ledger", "acct_one", "--limit", "0"], said: "from 1 to 1000" },
])("a wrong use is refused with what would be right: $args", async ({ args, said }) => {
  const before = (await show("acct_one")).balance;
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(said);
  expect((await show("acct_one")).balance).toBe(before);
});
