/** What a shell offers for ids, by the command that its script calls. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { account, apiKey, connectDatabase } from "@tera/database";
import { startBreakableProxy } from "@tera/database/testing";
import { createPriceStore } from "@tera/metering";
import { createTestDatabase } from "@tera/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const run = promisify(execFile);
const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
let priceId: string;

beforeAll(async () => {
  await db.insert(account).values([
    { id: "acct_one", name: "One\tof\u001b[2J two", kind: "postpaid" },
    { id: "acct_two", name: "Two", kind: "postpaid" },
  ]);
  const key = (id: string, revokedAt: Date | null) => ({
    id,
    accountId: "acct_one",
    name: id,
    hash: Buffer.from(id),
    lastFour: "abcd",
    revokedAt,
  });
  await db.insert(apiKey).values([key("key_gone", new Date()), key("key_live", null)]);
  const price = { model: "my-org/my-model:q4", outputNano: 1n, author: "test", validFrom: new Date("2026-11-01Z") };
  ({ id: priceId } = await createPriceStore({ db }).addPrice(price));
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

/** @returns what is offered for the last word: values, and what they are called. */
async function offered(words: string[], url = testDatabase.url): Promise<[string, string][]> {
  const env = { PATH: process.env["PATH"], DATABASE_URL: url };
  // Far longer than it may take, and far shorter than for ever.
  const { stdout, stderr } = await run(process.execPath, [main, "complete", "--", ...words], { env, timeout: 30_000 });
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  // No file names instead.
  expect(lines.pop()).toBe(":4");
  return lines.map((line) => line.split("\t") as [string, string]);
}
/** A machine that is busy may not answer in the time that a look-up is given. */
const patience = { timeout: 15_000 };
const values = async (...args: Parameters<typeof offered>) => (await offered(...args)).map(([value]) => value);

test.for([
  { words: ["keys", "show", ""], ids: ["key_live", "key_gone"] },
  { words: ["keys", "rotate", "key_l"], ids: ["key_live"] },
  { words: ["keys", "set", "key_live", "--name", "x", ""], ids: [] },
  { words: ["keys", "create", "--name", "x", "--account", "acct_t"], ids: ["acct_two"] },
  { words: ["credit", "add", "acct_o"], ids: ["acct_one"] },
  { words: ["usage", "requests", "--key", "key_l"], ids: ["key_live"] },
  { words: ["usage", "--model", "my-org/"], ids: ["my-org/my-model:q4"] },
  { words: ["models", "show", ""], ids: ["my-org/my-model:q4"] },
  { words: ["keys", "create", "--class", "l"], ids: ["low"] },
])("ids are completed where one is wanted: $words", async ({ words, ids }) => {
  await expect.poll(() => values(words), patience).toEqual(ids);
});

test("a price is offered with what it is of; a name cannot break the list", async () => {
  const prices = ["prices", "rerate", "my-org/my-model:q4", "--price", "price_"];
  await expect.poll(() => offered(prices), patience).toEqual([[priceId, "my-org/my-model:q4 from 2026-11-01"]]);
  await expect.poll(() => offered(["accounts", "show", "acct_one"]), patience).toEqual([["acct_one", "One of two"]]);
});

test("where nothing answers there are no ids, no error, and no long wait", async () => {
  const proxy = await startBreakableProxy(testDatabase.url);
  proxy.freeze();
  expect(await values(["keys", "show", ""], proxy.url)).toEqual([]);
  proxy.break();
  expect(await values(["keys", "show", ""], proxy.url)).toEqual([]);
  await proxy.close();
  expect(await values(["keys", "show", ""], "postgres://nobody:wrong@127.0.0.1:1/none")).toEqual([]);
  expect(await values(["keys", "show", ""], "not a url")).toEqual([]);
  expect(await values(["keys", "show", "--data-dir", "/nowhere", ""])).toEqual([]);
});
