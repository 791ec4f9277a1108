import { requestDetailsSchema, requestPageSchema } from "@tera/admin-api/requests";
import { account, apiKey } from "@tera/database";
import {
  createContentStore,
  createContentWriter,
  createPriceStore,
  createRefusalLog,
  createRefusalStore,
  createUsageWriter,
} from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { type Ask, startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const { db } = dashboard;
const now = Date.now();
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

await db.insert(account).values([
  { id: "acct_a", name: "Acme", kind: "postpaid" },
  { id: "acct_b", name: "Beta", kind: "postpaid" },
]);
await db
  .insert(apiKey)
  .values({ id: "key_a", accountId: "acct_a", name: "web", lastFour: "wxyz", hash: Buffer.from("a") });
const { id: priceId } = await createPriceStore({ db }).addPrice({
  model: "m",
  author: "test",
  inputNano: 7n,
  outputNano: 11n,
  validFrom: new Date(now - 3_600_000),
});
await createUsageWriter({ db, author: "gateway:g1" }).settle([
  newUsageRecord({
    requestId: "req_ok",
    accountId: "acct_a",
    keyId: "key_a",
    admittedAtMs: now - 5_000,
    usage: { promptTokens: 3, completionTokens: 2 },
    billing: { priceId, holds: [{ purseId: "acct_a" }] },
    workerId: "gpu-box-1",
    runnerId: "r1",
    finishReason: "stop",
    queueMs: 5,
    ttftMs: 40,
    totalMs: 100,
    attempts: 2,
    failedAttempts: [{ attempt: 1, workerId: "gpu-box-2", runnerId: "r2", code: "worker_lost" }],
  }),
  newUsageRecord({
    requestId: "req_bad",
    accountId: "acct_b",
    keyId: "key_b",
    admittedAtMs: now - 4_000,
    status: "failed",
    errorCode: "runner_failed",
    billing: { lane: "batch", holds: [{ purseId: "acct_b" }] },
  }),
]);
const refusals = createRefusalLog({ store: createRefusalStore({ db }), log: quiet, samplesOfKeyMax: 1 });
const refusal = { model: "m", code: "rate_limit_exceeded", message: "Too fast.", atMs: now - 3_000 };
const keyA = { accountId: "acct_a", keyId: "key_a" };
refusals.record({ ...refusal, requestId: "req_no", key: keyA });
refusals.record({ ...refusal, requestId: "req_no_too", key: keyA });
refusals.record({ ...refusal, requestId: "req_who", key: undefined, code: "invalid_api_key" });
await refusals.close(5_000);
const contents = createContentWriter({ store: createContentStore({ db }), log: quiet });
contents.add({
  requestId: "req_ok",
  ...keyA,
  prompt: { parts: [{ role: "user", text: "<script>alert(1)</script>" }], missingParts: 0 },
  answer: { parts: [{ index: 0, text: "Hi" }], missingParts: 0 },
  expiresAt: new Date(now + 86_400_000),
});
await contents.close(5_000);

const viewer = await dashboard.signIn("viewer");
const customerA = await dashboard.signIn("member", "acct_a");
const customerB = await dashboard.signIn("member", "acct_b");
const list = async (query: string, ask: Ask = viewer) =>
  requestPageSchema.parse((await ask("GET", `/requests?${query}`)).body);
const ids = async (query: string, ask: Ask = viewer) => (await list(query, ask)).items.map(({ id }) => id);

test("requests come the latest first, refused ones among them, page by page", async () => {
  expect(await ids("")).toEqual(["req_no", "req_bad", "req_ok"]);
  const first = await list("pageSize=2");
  expect(first.items[0]).toMatchObject({ status: "refused", code: "rate_limit_exceeded", keyName: "web", cost: "0" });
  expect(await list(`pageSize=2&before=${first.next}`)).toMatchObject({
    items: [{ id: "req_ok", accountName: "Acme", keyLastFour: "wxyz", cost: "0.000000043", failedAttempts: 1 }],
    next: null,
  });
  expect((await viewer("GET", "/requests?before=nonsense")).status).toBe(400);
});

test.for([
  ["status=failed", ["req_bad"]],
  ["status=refused", ["req_no"]],
  ["code=runner_failed", ["req_bad"]],
  ["code=rate_limit_exceeded", ["req_no"]],
  ["keyId=key_a", ["req_no", "req_ok"]],
  ["accountId=acct_b", ["req_bad"]],
  ["model=other", []],
  ["lane=batch", ["req_bad"]],
  ["lane=batch&accountId=acct_a", []],
  ["lane=interactive", ["req_ok"]],
  ["lane=interactive&status=refused", []],
  ["id=req_ok", ["req_ok"]],
  ["id=req_no&status=failed", ["req_no"]],
  ["id=req_none", []],
  [`to=${new Date(now - 4_500).toISOString()}`, ["req_ok"]],
] as const)("they are narrowed by %s", async ([query, found]) => {
  expect(await ids(query)).toEqual(found);
});

test("all refusals are counted with their reason; those without a known key only for operators", async () => {
  expect((await viewer("GET", "/requests/refusals")).body).toEqual({
    items: [
      { code: "rate_limit_exceeded", why: "A limit of the key or of the account was reached.", requests: 2 },
      { code: "invalid_api_key", why: expect.any(String), requests: 1 },
    ],
    total: 3,
  });
  expect((await customerA("GET", "/requests/refusals")).body).toMatchObject({ total: 2 });
  expect((await customerB("GET", "/requests/refusals")).body).toEqual({ items: [], total: 0 });
});

test("of one request everything is told, and its lines add up to its cost", async () => {
  const found = requestDetailsSchema.parse((await viewer("GET", "/requests/req_ok")).body);
  expect(found).toMatchObject({
    why: "It was answered in full. One attempt had failed before.",
    gatewayId: "g1",
    hasContent: true,
    attempts: [
      { attempt: 1, outcome: "failed", code: "worker_lost", workerId: "gpu-box-2" },
      { attempt: 2, outcome: "answered", workerId: "gpu-box-1", runnerId: "r1" },
    ],
    billing: {
      charge: "0.000000043",
      priced: {
        priceId,
        lines: [
          { measure: "input", quantity: "3", unit: "0.000000007", amount: "0.000000021" },
          { measure: "output", quantity: "2", unit: "0.000000011", amount: "0.000000022" },
        ],
        amount: "0.000000043",
      },
    },
  });
  expect(found.timeline.map(({ step }) => step)).toEqual([
    "admitted",
    "queued",
    "accepted",
    "first_token",
    "ended",
    "settled",
  ]);
  expect((await viewer("GET", "/requests/req_no")).body).toMatchObject({
    status: "refused",
    why: "A limit of the key or of the account was reached.",
    message: "Too fast.",
    billing: null,
  });
});

test("a customer is told of its own requests, and not what runs where", async () => {
  expect(await ids("", customerA)).toEqual(["req_no", "req_ok"]);
  expect(await ids("id=req_bad", customerA)).toEqual([]);
  const { body } = await customerA("GET", "/requests/req_ok");
  expect(body).toMatchObject({
    gatewayId: null,
    attempts: [{ workerId: null, runnerId: null, code: "worker_lost" }, {}],
  });
  for (const path of ["req_ok", "req_no", "req_ok/content", "req_none"]) {
    expect((await customerB("GET", `/requests/${path}`)).status).toBe(404);
  }
  expect((await customerB("GET", "/requests?accountId=acct_a")).status).toBe(404);
});

test("what was kept is for its owner and for who may read content", async () => {
  const { body } = await customerA("GET", "/requests/req_ok/content");
  expect(body).toMatchObject({
    prompt: { parts: [{ text: "<script>alert(1)</script>" }] },
    answer: { parts: [{ text: "Hi" }] },
  });
  expect((await viewer("GET", "/requests/req_ok/content")).status).toBe(403);
  const admin = await dashboard.signIn("admin");
  expect((await admin("GET", "/requests/req_ok/content")).status).toBe(200);
  expect((await admin("GET", "/requests/req_bad/content")).status).toBe(404);
});
