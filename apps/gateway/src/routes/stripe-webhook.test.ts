/** What Stripe is answered: 2xx is final, all else is told again. */
import { account, connectDatabase } from "@tera/database";
import { createLedgerStore, openStripe } from "@tera/metering";
import {
  createTestDatabase,
  paidIntent,
  refundOf,
  signStripeBody,
  signStripeEvent,
  startFakeStripe,
} from "@tera/testkit";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, expect, test } from "vitest";
import { registerErrorHandler } from "../plugins/error-handler.ts";
import { registerStripeWebhook } from "./stripe-webhook.ts";

const secret = "whsec_of_a_test";
const nowhere = "http://127.0.0.1:9";
const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const noDatabase = connectDatabase({ url: "postgres://nobody@127.0.0.1:9/none", name: "test" });
afterAll(async () => {
  await Promise.all([database.close(), noDatabase.close()]);
  await Promise.all([testDatabase.drop(), stripe.close()]);
});
await database.db.insert(account).values({ id: "acct_1", name: "One", kind: "prepaid" });

async function serve({ db = database.db, apiUrl = stripe.url } = {}): Promise<FastifyInstance> {
  const app = Fastify();
  registerErrorHandler(app);
  const provider = await openStripe({ apiKey: "sk_test_1", webhookSecret: secret, apiUrl });
  registerStripeWebhook(app, { provider, db });
  return app;
}
async function tell(app: FastifyInstance, { body, signature }: { body: string; signature: string }) {
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  const response = await app.inject({ method: "POST", url: "/webhooks/stripe", headers, payload: body });
  return { status: response.statusCode, retryAfter: response.headers["retry-after"], body: response.json() };
}

const paid = paidIntent("pi_1", 2_500, { tera_account: "acct_1" });
const event = (type: string, object: Record<string, unknown>, timestampS?: number) =>
  signStripeEvent(secret, type, object, timestampS === undefined ? {} : { timestampS });
const received = { status: 200, body: { received: true } };

test("an event that was booked, and one that says nothing to Tera, are answered with 200", async () => {
  const app = await serve();
  expect(await tell(app, event("payment_intent.succeeded", paid))).toMatchObject(received);
  expect(await tell(app, event("payment_intent.succeeded", paid))).toMatchObject(received);
  expect(await tell(app, event("customer.created", { id: "cus_1" }))).toMatchObject(received);
  const ofNobody = paidIntent("pi_2", 100, { tera_account: "acct_elsewhere" });
  expect(await tell(app, event("payment_intent.succeeded", ofNobody))).toMatchObject(received);
  expect((await createLedgerStore({ db: database.db }).balance("acct_1"))?.balanceNano).toBe(25_000_000_000n);
});

test("a wrong signature, an old event and one that cannot be read are answered with 400, each with its reason", async () => {
  const app = await serve();
  const { body } = event("payment_intent.succeeded", paid);
  const refused = async (told: { body: string; signature: string }) => {
    const { status, body } = await tell(app, told);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: "invalid_request" } });
    return body.error.message;
  };
  expect(await refused({ body, signature: signStripeBody("whsec_other", body) })).toMatch(/signature does not fit/);
  const old = event("payment_intent.succeeded", paid, Math.floor(Date.now() / 1_000) - 3_600);
  expect(await refused(old)).toMatch(/signed more than 5 minutes ago/);
  expect(await refused(event("refund.created", { id: "re_1" }))).toMatch(
    /refund\.created of API version .* cannot be read/,
  );
});

test("what cannot be booked while Postgres is away is asked for again", async () => {
  const app = await serve({ db: noDatabase.db });
  expect(await tell(app, event("payment_intent.succeeded", paid))).toMatchObject({
    status: 503,
    retryAfter: "5",
    body: { error: { code: "database_unavailable" } },
  });
});

test("a refund of a payment that is not known here is asked for again while Stripe's API is away", async () => {
  const refund = event("refund.created", refundOf("pi_unheard", "re_2", 100, "succeeded"));
  expect(await tell(await serve({ apiUrl: nowhere }), refund)).toMatchObject({
    status: 503,
    retryAfter: "60",
    body: { error: { code: "payment_provider_unavailable" } },
  });
  expect(await tell(await serve(), refund)).toMatchObject(received);
});
