/** Background work and payments of real gateways: several of them, one Postgres, one Redis, a stand-in for Stripe's API. */
import { createLedgerStore } from "@tera/metering";
import { paidIntent, signStripeEvent, startFakeStripe, startStack } from "@tera/testkit";
import { expect, onTestFinished, test } from "vitest";

const stripeSecret = "whsec_of_a_whole_stack";
const noticeSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

test("two gateways run what is due, and book once a payment that Stripe tells both", async () => {
  const fakeStripe = await startFakeStripe();
  onTestFinished(() => fakeStripe.close());
  const stack = await startStack({
    gateways: 2,
    env: {
      gateway: {
        TERA_GATEWAY_STRIPE_KEY: "sk_test_1",
        TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: stripeSecret,
        TERA_GATEWAY_STRIPE_URL: fakeStripe.url,
        TERA_GATEWAY_NOTICE_URL: "http://127.0.0.1:9/",
        TERA_GATEWAY_NOTICE_SECRET: noticeSecret,
      },
    },
  });
  onTestFinished(() => stack.stop());
  const { db } = stack.database;
  const runs = () => db.query.backgroundRun.findMany();
  await expect
    .poll(async () => (await runs()).filter(({ succeededAt }) => succeededAt !== null).map(({ name }) => name), {
      timeout: 30_000,
    })
    .toEqual(
      expect.arrayContaining([
        "invoices",
        "ledger-check",
        "expiry-notices",
        "low-balance-notices",
        "auto-top-up",
        "debts",
        "engine-counts",
      ]),
    );

  const { id: accountId } = await stack.keys.createAccount({ name: "prepaid", kind: "prepaid" });
  const { body, signature } = signStripeEvent(
    stripeSecret,
    "payment_intent.succeeded",
    paidIntent("pi_1", 2_500, { tera_account: accountId }),
  );
  const tell = (url: string, header: string) =>
    fetch(`${url}/webhooks/stripe`, {
      method: "POST",
      headers: { "content-type": "application/json", "stripe-signature": header },
      body,
    });
  const answers = await Promise.all(stack.gateways.map(({ url }) => tell(url, signature)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await answers[0]?.json()).toEqual({ received: true });
  expect((await createLedgerStore({ db }).balance(accountId))?.balanceNano).toBe(25_000_000_000n);
  const forged = await tell(stack.gateways[0]?.url ?? "", "t=1,v1=00");
  expect(forged.status).toBe(400);
  expect(await forged.json()).toMatchObject({ error: { code: "invalid_request" } });
});

test("a gateway without Stripe has no such path", async () => {
  const stack = await startStack({ env: { gateway: { TERA_GATEWAY_BACKGROUND: "false" } } });
  onTestFinished(() => stack.stop());
  const response = await fetch(`${stack.gateways[0]?.url}/webhooks/stripe`, { method: "POST", body: "{}" });
  expect(response.status).toBe(404);
  expect(await stack.database.db.query.backgroundRun.findMany()).toEqual([]);
});
