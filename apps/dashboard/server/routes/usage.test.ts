import { usageSchema } from "@tera/admin-api/usage";
import { account, apiKey } from "@tera/database";
import { createPriceStore, createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const { db } = dashboard;
const hourMs = 3_600_000;
const noon = Date.UTC(2026, 10, 20, 12);
const formula = "=1+1";
const openApiSchema = z.object({
  paths: z.record(z.string(), z.looseObject({ get: z.object({ tags: z.array(z.string()) }).optional() })),
});

await db.insert(account).values([
  { id: "acct_a", name: "Acme", kind: "postpaid" },
  { id: "acct_b", name: "Beta", kind: "postpaid" },
]);
const key = { laneClass: "normal" as const, lastFour: "wxyz" };
await db.insert(apiKey).values([
  { ...key, id: "key_a", accountId: "acct_a", name: formula, hash: Buffer.from("a") },
  { ...key, id: "key_b", accountId: "acct_b", name: "beta", hash: Buffer.from("b") },
]);
const { id: priceId } = await createPriceStore({ db }).addPrice({
  model: "m",
  author: "test",
  inputNano: 1n,
  outputNano: 1n,
  validFrom: new Date(noon - hourMs),
});
const billing = (accountId: string) => ({ priceId, holds: [{ purseId: accountId }] });
const usage = { promptTokens: 1_000_000_000, cachedTokens: 5, completionTokens: 1, reasoningTokens: 1 };
await createUsageWriter({ db, author: "gateway:g1" }).settle([
  newUsageRecord({ accountId: "acct_a", keyId: "key_a", admittedAtMs: noon, usage, billing: billing("acct_a") }),
  newUsageRecord({ accountId: "acct_a", keyId: "key_a", admittedAtMs: noon + hourMs, status: "failed" }),
  newUsageRecord({ accountId: "acct_b", keyId: "key_b", admittedAtMs: noon + 24 * hourMs, model: formula }),
]);
const viewer = await dashboard.signIn("viewer");
const period = "from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z";
const read = async (query: string, ask = viewer) => usageSchema.parse((await ask("GET", `/usage?${query}`)).body);

test("rows over time and by a dimension add up to the same, to the nano", async () => {
  const days = await read(period);
  expect(days.rows).toMatchObject([
    { id: "2026-11-21T00:00:00.000Z", requests: 1, cost: "0" },
    { id: "2026-11-20T00:00:00.000Z", requests: 2, failedRequests: 1, cachedTokens: 5, cost: "1.000000001" },
  ]);
  expect(days.total).toMatchObject({ requests: 3, reasoningTokens: 1, cost: "1.000000001" });
  expect(days.series).toMatchObject([{ id: "", points: [{ at: "2026-11-20T00:00:00.000Z" }, {}] }]);
  const keys = await read(`${period}&by=key&interval=hour`);
  expect(keys.rows).toMatchObject([
    { id: "key_a", name: formula, lastFour: "wxyz", accountName: "Acme", cost: "1.000000001" },
    { id: "key_b", name: "beta" },
  ]);
  expect(keys.total).toEqual(days.total);
  expect(keys.series).toMatchObject([
    { id: "key_a", points: [{ at: "2026-11-20T12:00:00.000Z" }, { at: "2026-11-20T13:00:00.000Z" }] },
    { id: "key_b", points: [{ at: "2026-11-21T12:00:00.000Z" }] },
  ]);
  expect((await read(`${period}&by=model&model=m`)).rows).toMatchObject([{ id: "m", requests: 2 }]);
});

test("a customer's report has its own accounts only, whatever is asked for", async () => {
  const customer = await dashboard.signIn("member", "acct_b");
  expect((await read(`${period}&by=account`, customer)).rows).toMatchObject([{ id: "acct_b", name: "Beta" }]);
  expect((await read(`${period}&keyId=key_a`, customer)).total.requests).toBe(0);
  expect((await read(`${period}&by=key`, customer)).series.map(({ id }) => id)).toEqual(["key_b"]);
  expect((await customer("GET", `/usage?${period}&accountId=acct_a`)).status).toBe(404);
  expect((await customer("GET", `/usage.csv?${period}&accountId=acct_a`)).status).toBe(404);
  expect(String((await customer("GET", `/usage.csv?${period}&by=key`)).body)).not.toContain("key_a");
});

test("CSV has each day of each group, and what a spreadsheet would run is text in it", async () => {
  const { body, headers } = await viewer("GET", `/usage.csv?${period}&by=key`);
  expect(headers["content-disposition"]).toBe('attachment; filename="usage-by-key-2026-11-20-2026-11-22.csv"');
  expect(String(body).split("\r\n")).toEqual([
    "day,key_id,key_name,account_id,account_name,requests,failed_requests,prompt_tokens,cached_tokens,completion_tokens,reasoning_tokens,speech_characters,cost_usd",
    `2026-11-20,key_a,'${formula},acct_a,Acme,2,1,1000000001,5,2,1,0,1.000000001`,
    "2026-11-21,key_b,beta,acct_b,Beta,1,0,1,0,1,0,0,0",
    "",
  ]);
  const byModel = String((await viewer("GET", `/usage.csv?${period}&by=model&interval=hour`)).body);
  expect(byModel).toContain(`2026-11-21T12:00:00.000Z,'${formula},1,`);
});

test.for([
  ["interval=hour&from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z", "at most 31 days"],
  ["from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "must lie before the end"],
  ["by=colour", "by"],
])("a period that cannot be reported is refused: %s", async ([query, said]) => {
  const { status, body } = await viewer("GET", `/usage?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(said);
});

test("the reference tells the CSV beside the report that it is of", async () => {
  const document = openApiSchema.parse((await dashboard.anybody("GET", "/openapi.json")).body);
  for (const path of ["/admin/api/usage", "/admin/api/usage.csv"]) {
    expect(document.paths[path]?.get?.tags).toEqual(["usage"]);
  }
});
