import { createPriceStore } from "@tera/metering";
import { newRunnerStatus, newServedModel, newWorkerState } from "@tera/testkit/worker-state";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const served = newServedModel("org/served", { contextLength: 32_768, quantization: "fp8" });
dashboard.workers.push(
  newWorkerState("w1", [
    newRunnerStatus("a", { models: [served, newServedModel("org/unpriced")], busy: 1 }),
    newRunnerStatus("b", { models: [{ ...served, contextLength: 8_192 }], state: "drained" }),
    newRunnerStatus("c", { models: [newServedModel("org/away", { contextLength: 100 })], state: "unhealthy" }),
  ]),
);
const prices = createPriceStore({ db: dashboard.db });
await prices.addPrice({ model: "org/served", inputNano: 150n, outputNano: 600n, cacheReadNano: 75n, author: "t" });
await prices.addPrice({
  model: "org/served",
  inputNano: 999n,
  validFrom: new Date(Date.now() + 3_600_000),
  author: "t",
});
await prices.addPrice({ model: "org/away", isFree: true, author: "t" });
const [owner, viewer] = await Promise.all([dashboard.signIn("owner"), dashboard.signIn("viewer")]);
const customer = await dashboard.signIn("member", await dashboard.createAccount("own"));

const idsOf = async (path: string, ask = owner) => {
  const { body } = await ask("GET", path);
  const { items, total } = body as { items: { id: string }[]; total: number };
  return { ids: items.map(({ id }) => id), total };
};

test("an operator sees every model, with its price in force and who serves it", async () => {
  const { body } = await viewer("GET", "/models");
  expect(body).toMatchObject({
    total: 3,
    items: [
      {
        id: "org/away",
        state: "away",
        listed: false,
        price: { free: true },
        operation: { runners: 1, runnersReady: 0, slots: 0 },
      },
      {
        id: "org/served",
        state: "served",
        listed: true,
        contextLength: 32_768,
        quantization: "fp8",
        price: { free: false, input: "0.15", output: "0.6", cacheRead: "0.075", request: "0" },
        operation: { runners: 2, runnersReady: 1, slots: 4, busy: 1, requestsToday: 0, set: [] },
      },
      { id: "org/unpriced", price: null },
    ],
  });
});

test("the list is searched, narrowed, sorted and cut", async () => {
  expect(await idsOf("/models?search=SERV")).toEqual({ ids: ["org/served"], total: 1 });
  expect(await idsOf("/models?price=unpriced")).toEqual({ ids: ["org/unpriced"], total: 1 });
  expect(await idsOf("/models?state=away")).toEqual({ ids: ["org/away"], total: 1 });
  expect(await idsOf("/models?sort=-contextLength&pageSize=2")).toEqual({ ids: ["org/served", "org/away"], total: 3 });
  expect(await idsOf("/models?pageSize=2&page=2")).toEqual({ ids: ["org/unpriced"], total: 3 });
});

test("a customer sees what the API lists, with prices, and nothing of where it runs", async () => {
  const { body } = await customer("GET", "/models");
  expect(body).toMatchObject({
    total: 2,
    items: [
      { id: "org/served", price: { input: "0.15" }, operation: null },
      { id: "org/unpriced", operation: null },
    ],
  });
  expect(JSON.stringify(body)).not.toContain("w1");
  expect((await customer("GET", "/models/org%2Fserved")).body).toMatchObject({ id: "org/served", origin: null });
  expect((await customer("GET", "/models/org%2Faway")).status).toBe(404);
});

test("one model says what its runners say, what was set, and who serves it", async () => {
  expect((await viewer("GET", "/models/org%2Fserved")).body).toMatchObject({
    id: "org/served",
    origin: {
      fromRunners: { contextLength: 32_768, ownedBy: "tera" },
      settings: { contextLength: null, alwaysListed: false },
      servings: [
        { workerId: "w1", runnerId: "a", state: "ready", contextLength: 32_768 },
        { workerId: "w1", runnerId: "b", state: "drained", contextLength: 8_192 },
      ],
    },
  });
  expect((await viewer("GET", "/models/org%2Fother")).status).toBe(404);
});

test("what is set wins until it is given back, gateways are told, and it is in the audit log", async () => {
  const path = "/models/org%2Faway";
  const change = { name: "Away", contextLength: 50, features: [], alwaysListed: true };
  expect(await owner("PATCH", path, change)).toMatchObject({
    status: 200,
    body: {
      name: "Away",
      contextLength: 50,
      features: [],
      listed: true,
      operation: { set: ["name", "contextLength", "features", "alwaysListed"] },
      origin: { settings: change, fromRunners: { contextLength: 100, features: ["tools"] } },
    },
  });
  expect(dashboard.told.at(-1)).toEqual({ type: "catalog" });
  expect((await customer("GET", path)).status).toBe(200);
  expect((await owner("GET", "/audit?pageSize=1")).body).toMatchObject({
    items: [{ action: "model.change", objectId: "org/away", after: { name: "Away", contextLength: 50 } }],
  });
  expect(
    await owner("PATCH", path, { name: null, contextLength: null, features: null, alwaysListed: false }),
  ).toMatchObject({
    body: { name: "org/away", contextLength: 100, listed: false, operation: { set: [] } },
  });
});

test("a model that no runner names yet can be described, and is gone when nothing is set of it any more", async () => {
  const path = "/models/org%2Fnew";
  expect((await owner("PATCH", path, { alwaysListed: true })).body).toMatchObject({ state: "away", listed: true });
  expect(await owner("PATCH", path, { alwaysListed: false })).toMatchObject({ status: 200, body: null });
  expect((await owner("GET", path)).status).toBe(404);
});

test("what cannot be so is refused, field by field", async () => {
  const path = "/models/org%2Fserved";
  for (const [field, value] of [
    ["name", "two\nlines"],
    ["contextLength", 0],
    ["features", ["flying"]],
    ["huggingFaceId", "../x"],
    ["colour", "red"],
  ] as const) {
    expect((await owner("PATCH", path, { [field]: value })).status).toBe(400);
  }
  expect(await owner("PATCH", path, { contextLength: 10, maxOutputLength: 20 })).toMatchObject({
    status: 400,
    body: { error: { fields: [{ path: "maxOutputLength" }] } },
  });
  expect((await owner("PATCH", "/models/with%20space", { name: "x" })).status).toBe(400);
  expect((await viewer("PATCH", path, { name: "x" })).status).toBe(403);
  expect((await customer("PATCH", path, { name: "x" })).status).toBe(403);
});
