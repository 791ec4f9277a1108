import { accountMoneySchema } from "@tera/admin-api/billing";
import {
  appliedReratingSchema,
  pricedModelPageSchema,
  priceHistoryPageSchema,
  priceSchema,
  reratingSchema,
} from "@tera/admin-api/prices";
import { auditEvent } from "@tera/database";
import { createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
const { db } = dashboard;
afterAll(() => dashboard.close());
const billing = await dashboard.signIn("billing");

const year = { validFrom: "2026-01-01T00:00:00Z" };
const set = (body: object) => billing("POST", "/prices", body);
const history = async (model: string) =>
  priceHistoryPageSchema.parse((await billing("GET", `/prices/history?model=${encodeURIComponent(model)}`)).body);

test("a price is kept exactly, from its moment on, and gateways and audit log are told", async () => {
  const model = "acme/exact";
  const price = {
    model,
    ...year,
    input: "0.001",
    output: "999999.999",
    perMillionCharacters: "15",
    request: "0.000000001",
    batchDiscountPercent: "33.33",
    reason: "launch",
  };
  const made = priceSchema.parse((await set(price)).body);
  expect(made).toMatchObject({
    status: "in force",
    revision: 1,
    free: false,
    input: "0.001",
    output: "999999.999",
    cacheRead: "0.001",
    perMillionCharacters: "15",
    request: "0.000000001",
    batchDiscountPercent: "33.33",
    author: expect.stringMatching(/^member:/),
    reason: "launch",
  });
  expect(dashboard.told).toContainEqual({ type: "prices" });
  const [event] = await db.select().from(auditEvent).where(eq(auditEvent.objectId, made.id));
  expect(event).toMatchObject({ action: "price.set", objectName: model, after: { input: "0.001", reason: "launch" } });
});

test("history tells what is in force, what was, what was corrected and what comes; a first price begins at once, the next after a notice", async () => {
  const model = "acme/history";
  await set({ model, input: "1", output: "2" });
  const next = priceSchema.parse((await set({ model, input: "2", output: "3" })).body);
  expect(next.status).toBe("ahead");
  await set({ model, ...year, input: "3", output: "4" });
  await set({ model, ...year, input: "4", output: "5" });
  const { items, total } = await history(model);
  expect(total).toBe(4);
  expect(items.map(({ input, status, revision }) => [input, status, revision])).toEqual([
    ["2", "ahead", 1],
    ["1", "in force", 1],
    ["4", "replaced", 2],
    ["3", "corrected", 1],
  ]);
  const { items: models } = pricedModelPageSchema.parse((await billing("GET", "/prices?search=hist")).body);
  expect(models).toMatchObject([{ model, prices: 4, inForce: { input: "1" }, ahead: { input: "2" } }]);
});

test("prices that cannot be meant are refused with the field that is wrong", async () => {
  const wrong: [object, string][] = [
    [{ input: "0.0001", output: "1" }, "input"],
    [{ input: "-1", output: "1" }, "input"],
    [{ input: "1000000.001", output: "1" }, "input"],
    [{ input: "1" }, "output"],
    [{ input: "0", output: "0.000" }, "input"],
    [{}, "input"],
    [{ free: true, request: "1" }, "free"],
    [{ request: "0.0000000001" }, "request"],
    [{ request: "1", batchDiscountPercent: "100.01" }, "batchDiscountPercent"],
    [{ request: "1", colour: "red" }, "colour"],
    [{ request: "1", validFrom: "tomorrow" }, "validFrom"],
  ];
  for (const [body, field] of wrong) {
    const answer = await set({ model: "acme/wrong", ...body });
    expect([body, answer.status]).toEqual([body, 400]);
    expect(JSON.stringify(answer.body)).toContain(field);
  }
  expect((await history("acme/wrong")).total).toBe(0);
});

test("a re-rating is looked at first, and books exactly what was seen, once", async () => {
  const model = "acme/rerated";
  const wrong = priceSchema.parse((await set({ model, ...year, input: "1", output: "3" })).body);
  const [one, other] = [await dashboard.createAccount("One"), await dashboard.createAccount("Other")];
  const admittedAtMs = Date.now() - 60_000;
  for (const [accountId, completionTokens] of [
    [one, 1],
    [other, 1_000],
  ] as const) {
    await billing("POST", `/accounts/${accountId}/credit`, { kind: "top_up", amount: "1", reason: "cash" });
    const usage = { promptTokens: 0, completionTokens };
    const billed = { priceId: wrong.id, holds: [{ purseId: accountId }] };
    const record = newUsageRecord({ accountId, model, usage, admittedAtMs, billing: billed });
    await createUsageWriter({ db, author: "gateway:g1" }).settle([record]);
  }
  await set({ model, ...year, input: "1", output: "2", reason: "typo" });
  const query = { model, from: "2026-01-01T00:00:00Z", to: new Date().toISOString() };
  const look = async () => reratingSchema.parse((await billing("POST", "/reratings", query)).body);
  const seen = await look();
  expect(seen).toMatchObject({
    state: "done",
    result: {
      requests: 2,
      changed: 2,
      old: "0.003003",
      new: "0.002002",
      difference: "-0.001001",
      accountsChanged: 2,
      accounts: [
        { accountId: other, name: "Other", difference: "-0.001" },
        { accountId: one, name: "One", old: "0.000003", new: "0.000002", difference: "-0.000001" },
      ],
    },
  });
  const balance = async (accountId: string) =>
    accountMoneySchema.parse((await billing("GET", `/accounts/${accountId}/balance`)).body).balance;
  expect(await balance(other)).toBe("0.997");

  const apply = () => billing("POST", `/reratings/${seen.id}/apply`, { reason: "typo in the price" });
  const answers = await Promise.all([apply(), apply()]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const applied = appliedReratingSchema.parse(answers.find(({ status }) => status === 200)?.body);
  expect(applied.result).toMatchObject({ accounts: 2, requests: 2, difference: "-0.001001" });
  expect([await balance(one), await balance(other)]).toEqual(["0.999998", "0.998"]);
  expect((await apply()).status).toBe(409);
  expect((await look()).result).toMatchObject({ changed: 0, difference: "0" });
  const events = await db.select().from(auditEvent).where(eq(auditEvent.action, "price.rerate"));
  expect(events.map(({ accountId }) => accountId).toSorted()).toEqual([one, other].toSorted());
});

test("a period that ends before it begins, and a price of another model, are refused", async () => {
  const query = { model: "acme/rerated", from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" };
  expect((await billing("POST", "/reratings", query)).status).toBe(400);
  const other = priceSchema.parse((await set({ model: "acme/other", request: "1" })).body);
  const wrong = { ...query, to: "2026-03-01T00:00:00Z", priceId: other.id };
  expect((await billing("POST", "/reratings", wrong)).status).toBe(400);
});

test("a viewer sees prices and sets none, a customer has the models' page for them", async () => {
  const viewer = await dashboard.signIn("viewer");
  expect((await viewer("GET", "/prices")).status).toBe(200);
  expect((await viewer("POST", "/prices", { model: "m", free: true })).status).toBe(403);
  expect((await viewer("POST", "/reratings", {})).status).toBe(403);
  const customer = await dashboard.signIn("member", await dashboard.createAccount("Customer"));
  expect((await customer("GET", "/prices")).status).toBe(403);
});
