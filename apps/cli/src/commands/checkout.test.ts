import { account, connectDatabase } from "@tera/database";
import { createTestDatabase, startFakeStripe } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { runForTest } from "../../testing/run-cli.ts";

const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const environment = {
  DATABASE_URL: testDatabase.url,
  TERA_GATEWAY_STRIPE_KEY: "sk_test_1",
  TERA_GATEWAY_STRIPE_URL: stripe.url,
};
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), stripe.close()]);
});
await database.db.insert(account).values([
  { id: "acct_pre", name: "Pre", kind: "prepaid" },
  { id: "acct_post", name: "Post", kind: "postpaid" },
]);

const run = (args: string[], env: NodeJS.ProcessEnv = environment) =>
  runForTest(["credit", ...args], { environment: env, columns: 160 });
const checkout = ["checkout", "acct_pre", "25", "--return-url", "https://console.example/"];

test("a checkout prints the page where the customer pays, and nothing else on stdout", async () => {
  const { exitCode, stdout } = await run(checkout);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^https:\/\/checkout\.example\/\d+$/);
  expect(JSON.parse((await run([...checkout, "--json"])).stdout)).toMatchObject({
    accountId: "acct_pre",
    amount: "25",
  });
});

test("an automatic top-up is set, shown and switched off", async () => {
  const set = await run(["auto-top-up", "acct_pre", "--below", "5", "--amount", "20", "--day-max", "60"]);
  expect(set.stdout).toBe("Below $5, acct_pre is charged $20, at most $60 a day.");
  expect(set.stderr).toContain("No payment method is saved yet");
  expect(JSON.parse((await run(["auto-top-up", "acct_pre", "--json"])).stdout)).toEqual({
    accountId: "acct_pre",
    below: "5",
    amount: "20",
    dayMax: "60",
    state: "on",
    reason: null,
    retryAt: null,
    methodSaved: false,
  });
  expect((await run(["auto-top-up", "acct_pre", "--off"])).stdout).toBe("acct_pre is not topped up by itself.");
});

test.each([
  { args: ["checkout", "acct_pre", "0.001", "--return-url", "https://x.example/"], says: "whole cents" },
  { args: ["checkout", "acct_x", "5", "--return-url", "https://x.example/"], says: "There is no account acct_x" },
  { args: ["auto-top-up", "acct_pre", "--below", "5"], says: "both needed" },
  { args: ["auto-top-up", "acct_pre", "--below", "5", "--amount", "9", "--day-max", "8"], says: "less than --amount" },
  { args: ["auto-top-up", "acct_post", "--below", "5", "--amount", "9"], says: "acct_post is postpaid" },
])("$args is refused in words: $says", async ({ args, says }) => {
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(says);
});

test("without a key, and without Stripe, the command says what is missing", async () => {
  expect((await run(checkout, { DATABASE_URL: testDatabase.url })).stderr).toContain(
    "TERA_GATEWAY_STRIPE_KEY is not set",
  );
  const away = await run(checkout, { ...environment, TERA_GATEWAY_STRIPE_URL: "http://127.0.0.1:9" });
  expect(away.exitCode).toBe(1);
  expect(away.stderr).toContain("Stripe:");
});
