import { createAuthenticator, createKeyStore } from "@tera/access";
import { keyDetailsSchema, keyPageSchema, madeKeySchema } from "@tera/admin-api/keys";
import { auditEvent, usageHour } from "@tera/database";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { dailyUsageSchema } from "../../api/daily-usage.ts";
import { type Ask, startTestDashboard, testSecret } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const owner = await dashboard.signIn("owner");
const keyStore = createKeyStore({ db: dashboard.db, secret: testSecret });

async function makeKey(accountId: string, settings: object = {}, ask: Ask = owner) {
  const { status, body } = await ask("POST", "/keys", { accountId, name: "laptop", ...settings });
  expect(status, JSON.stringify(body)).toBe(200);
  return madeKeySchema.parse(body);
}

const details = async (ask: Ask, keyId: string) => keyDetailsSchema.parse((await ask("GET", `/keys/${keyId}`)).body);
const list = async (query: string, ask: Ask = owner) => keyPageSchema.parse((await ask("GET", `/keys?${query}`)).body);

const auditOf = (keyId: string) =>
  dashboard.db.select().from(auditEvent).where(eq(auditEvent.objectId, keyId)).orderBy(auditEvent.id);

async function use(key: { id: string; accountId: string }, hour: Date, usage: Partial<typeof usageHour.$inferInsert>) {
  await dashboard.db.insert(usageHour).values({ hour, accountId: key.accountId, keyId: key.id, model: "m", ...usage });
}

test("a key is made with every setting, opens the API, and is told in that one answer only", async () => {
  const accountId = await dashboard.createAccount("makes");
  const settings = {
    name: "everything",
    expiresAt: "2099-01-31T00:00:00.000Z",
    modelScope: ["Qwen/Qwen2.5-7B-Instruct"],
    budgetDay: "0.000000001",
    budgetMonth: "12.5",
    budgetTotal: "1000000000",
    requestsPerMinuteMax: 60,
    tokensPerMinuteMax: 100_000,
    concurrencyMax: 8,
    allowedAddresses: ["203.0.113.0/24", "2001:db8::/32"],
    priorityClass: "low",
    contentLogging: true,
  };
  const { secret, key } = await makeKey(accountId, settings);
  expect(key).toMatchObject({ ...settings, accountId, accountName: "makes", state: "active", lastUsedAt: null });
  expect(key.spent).toEqual({ day: "0", month: "0", total: "0" });
  expect(secret.endsWith(key.lastFour)).toBe(true);
  const authenticator = createAuthenticator({ keyStore, secret: testSecret });
  expect(await authenticator.authenticate(secret)).toMatchObject({ keyId: key.id, accountId });

  const answers = [await owner("GET", "/keys"), await owner("GET", `/keys/${key.id}`)];
  answers.push(await owner("PATCH", `/keys/${key.id}`, { name: "new" }));
  for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(secret);
  const entries = (await auditOf(key.id)).map(({ before, after }) => ({ before, after }));
  expect(entries).toHaveLength(2);
  expect(JSON.stringify(entries)).not.toContain(secret);
});

test("without settings a key has no limits", async () => {
  const { key } = await makeKey(await dashboard.createAccount("bare"));
  expect(key).toMatchObject({ expiresAt: null, modelScope: null, budgetDay: null, requestsPerMinuteMax: null });
  expect(key).toMatchObject({ allowedAddresses: null, priorityClass: "normal", contentLogging: false });
});

test("what is wrong is refused, and the field is named", async () => {
  const accountId = await dashboard.createAccount("refuses");
  const refusal = async (settings: object) => {
    const { status, body } = await owner("POST", "/keys", { accountId, name: "x", ...settings });
    return { status, body };
  };
  const wrong: [object, string][] = [
    [{ name: "" }, "name"],
    [{ allowedAddresses: ["203.0.113.0/24", "203.0.113.7/24"] }, "allowedAddresses.1"],
    [{ allowedAddresses: ["office"] }, "allowedAddresses.0"],
    [{ allowedAddresses: [] }, "allowedAddresses"],
    [{ modelScope: [] }, "modelScope"],
    [{ expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
    [{ budgetDay: "-1" }, "budgetDay"],
    [{ budgetDay: "0.0000000001" }, "budgetDay"],
    [{ budgetMonth: 5 }, "budgetMonth"],
    [{ concurrencyMax: 0 }, "concurrencyMax"],
  ];
  for (const [settings, path] of wrong) {
    expect(await refusal(settings)).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_request", fields: [{ path }] } },
    });
  }
  expect((await refusal({ laneClass: "high" })).status).toBe(400);
  expect((await owner("POST", "/keys", { accountId: "acct_nobody", name: "x" })).status).toBe(404);
});

test("a change is in effect at the gateways and in the audit log; one that changes nothing is in neither", async () => {
  const { key } = await makeKey(await dashboard.createAccount("changes"), { budgetDay: "5" });
  const { body } = await owner("PATCH", `/keys/${key.id}`, { name: "renamed", budgetDay: "0.25", modelScope: ["a/b"] });
  expect(body).toMatchObject({ name: "renamed", budgetDay: "0.25", modelScope: ["a/b"] });
  expect(dashboard.told).toContainEqual({ type: "key", keyId: key.id });
  await owner("PATCH", `/keys/${key.id}`, { name: "renamed" });
  const events = await auditOf(key.id);
  expect(events.map(({ action }) => action)).toEqual(["key.create", "key.change"]);
  expect(events[1]).toMatchObject({
    accountId: key.accountId,
    before: { name: "laptop", budgetDay: "5", modelScope: null },
    after: { name: "renamed", budgetDay: "0.25", modelScope: ["a/b"] },
  });
});

test("keys are found, filtered, sorted and paged by the server", async () => {
  const accountId = await dashboard.createAccount("Lists Ltd");
  const keys = [];
  for (const name of ["alpha", "beta", "gamma", "100%"]) keys.push((await makeKey(accountId, { name })).key);
  const [alpha, beta, gamma] = keys;
  if (alpha === undefined || beta === undefined || gamma === undefined) throw new Error("no keys");
  await owner("POST", `/keys/${alpha.id}/disable`);
  await owner("POST", `/keys/${beta.id}/revoke`, {});
  await owner("PATCH", `/keys/${gamma.id}`, { modelScope: ["only/this"] });
  await keyStore.changeKey(gamma.id, { expiresAt: new Date(0) });
  const names = async (query: string) => (await list(query)).items.map(({ name }) => name);
  const of = `accountId=${accountId}&sort=name`;
  expect(await names(of)).toEqual(["100%", "alpha", "beta", "gamma"]);
  expect(await names(`accountId=${accountId}&sort=-name&pageSize=2&page=2`)).toEqual(["alpha", "100%"]);
  expect(await names(`${of}&state=active`)).toEqual(["100%"]);
  expect(await names(`${of}&state=disabled`)).toEqual(["alpha"]);
  expect(await names(`${of}&state=revoked`)).toEqual(["beta"]);
  expect(await names(`${of}&state=expired`)).toEqual(["gamma"]);
  expect(await names(`${of}&model=another/one`)).toEqual(["100%", "alpha", "beta"]);
  expect(await names(`${of}&model=only/this`)).toHaveLength(4);
  expect(await names(`${of}&search=%25`)).toEqual(["100%"]);
  expect(await names(`search=lists+ltd`)).toHaveLength(4);
  expect(await names(`${of}&search=${alpha.lastFour}`)).toEqual(["alpha"]);
  expect((await list(`${of}&pageSize=1`)).total).toBe(4);
});

test("the dashboard's own keys are nobody's to see", async () => {
  const accountId = await dashboard.createAccount("plays");
  const { key } = await keyStore.createKey({ accountId, name: "Playground", purpose: "playground" });
  expect((await list(`accountId=${accountId}`)).total).toBe(0);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/usage"],
    ["PATCH", ""],
    ["POST", "/disable"],
    ["POST", "/rotate"],
    ["POST", "/revoke"],
  ] as const) {
    const { status } = await owner(method, `/keys/${key.id}${path}`, method === "GET" ? undefined : {});
    expect(status, `${method} ${path}`).toBe(404);
  }
});

test("a customer manages the keys of its own account, and others' are not there", async () => {
  const [own, other] = [await dashboard.createAccount("own"), await dashboard.createAccount("other")];
  const customer = await dashboard.signIn("member", own);
  const { key: foreign } = await makeKey(other);
  const { key } = await makeKey(own, { budgetMonth: "3" }, customer);
  expect((await list("", customer)).items.map(({ id }) => id)).toEqual([key.id]);
  expect((await customer("PATCH", `/keys/${key.id}`, { concurrencyMax: 2 })).status).toBe(200);
  expect((await customer("POST", "/keys", { accountId: other, name: "x" })).status).toBe(404);
  expect((await customer("GET", `/keys?accountId=${other}`)).status).toBe(404);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/usage"],
    ["PATCH", ""],
    ["POST", "/rotate"],
    ["POST", "/disable"],
    ["POST", "/enable"],
    ["POST", "/revoke"],
  ] as const) {
    const { status, body } = await customer(method, `/keys/${foreign.id}${path}`, method === "GET" ? undefined : {});
    expect(status, `${method} ${path}`).toBe(404);
    expect(JSON.stringify(body)).not.toContain(foreign.lastFour);
  }
  expect((await customer("GET", `/accounts/${other}/usage`)).status).toBe(404);
  expect((await details(owner, foreign.id)).state).toBe("active");
});

test("whose requests go first is the operator's to say, and a customer's change leaves it as it is", async () => {
  const own = await dashboard.createAccount("classes");
  const customer = await dashboard.signIn("member", own);
  const high = { accountId: own, name: "x", priorityClass: "high" };
  expect(await customer("POST", "/keys", high)).toMatchObject({
    status: 403,
    body: { error: { fields: [{ path: "priorityClass" }] } },
  });
  const { key } = await makeKey(own, { priorityClass: "low" });
  expect((await customer("PATCH", `/keys/${key.id}`, { priorityClass: "normal" })).status).toBe(403);
  const unchanged = await customer("PATCH", `/keys/${key.id}`, { priorityClass: "low", name: "mine" });
  expect(unchanged).toMatchObject({ status: 200, body: { name: "mine", priorityClass: "low" } });
});

test("who only looks changes nothing", async () => {
  const { key } = await makeKey(await dashboard.createAccount("looked at"));
  for (const role of ["viewer", "billing"] as const) {
    const ask = await dashboard.signIn(role);
    expect((await ask("GET", `/keys/${key.id}`)).status).toBe(200);
    expect((await ask("POST", "/keys", { accountId: key.accountId, name: "x" })).status).toBe(403);
    expect((await ask("PATCH", `/keys/${key.id}`, { name: "x" })).status).toBe(403);
    expect((await ask("POST", `/keys/${key.id}/rotate`, {})).status).toBe(403);
    expect((await ask("POST", `/keys/${key.id}/revoke`, {})).status).toBe(403);
  }
});

test("rotating puts a new key with the same settings and budgets in the place of the old one, once", async () => {
  const { secret, key } = await makeKey(await dashboard.createAccount("rotates"), {
    budgetTotal: "7",
    concurrencyMax: 3,
  });
  const { body } = await owner("POST", `/keys/${key.id}/rotate`, { overlapHours: 2 });
  const rotated = madeKeySchema.parse(body);
  expect(rotated.secret).not.toBe(secret);
  expect(rotated.key).toMatchObject({ name: "laptop", budgetTotal: "7", concurrencyMax: 3, expiresAt: null });
  const old = await details(owner, key.id);
  expect(old).toMatchObject({ state: "active", successorId: rotated.key.id });
  const livesMs = Date.parse(old.expiresAt ?? "") - Date.parse(rotated.key.createdAt);
  expect(Math.abs(livesMs - 2 * 3_600_000)).toBeLessThan(60_000);
  expect(old.rotation.map(({ id }) => id)).toEqual([key.id, rotated.key.id]);
  expect((await details(owner, rotated.key.id)).rotation).toEqual(old.rotation);
  expect(dashboard.told).toContainEqual({ type: "key", keyId: key.id });
  expect((await auditOf(key.id)).at(-1)).toMatchObject({
    action: "key.rotate",
    before: { successorId: null },
    after: { successorId: rotated.key.id },
  });

  expect(await owner("POST", `/keys/${key.id}/rotate`, {})).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringContaining(rotated.key.id) } },
  });
  await owner("PATCH", `/keys/${rotated.key.id}`, { budgetTotal: "9" });
  expect(await details(owner, key.id)).toMatchObject({ budgetTotal: "9" });
  expect((await owner("POST", `/keys/${rotated.key.id}/rotate`, { overlapHours: 0 })).status).toBe(200);
  expect(await details(owner, rotated.key.id)).toMatchObject({ state: "expired" });
});

test("a disabled key is enabled again, a revoked one never", async () => {
  const { key } = await makeKey(await dashboard.createAccount("ends"));
  expect((await owner("POST", `/keys/${key.id}/disable`)).body).toMatchObject({ state: "disabled" });
  expect((await owner("POST", `/keys/${key.id}/rotate`, {})).status).toBe(409);
  expect((await owner("POST", `/keys/${key.id}/enable`)).body).toMatchObject({ state: "active", disabledAt: null });
  const revoked = keyDetailsSchema.parse((await owner("POST", `/keys/${key.id}/revoke`, {})).body);
  expect(revoked.state).toBe("revoked");
  expect(dashboard.told).toContainEqual({ type: "key", keyId: key.id, end: "waiting" });
  const again = await owner("POST", `/keys/${key.id}/revoke`, { endStreams: true });
  expect(again.body).toMatchObject({ revokedAt: revoked.revokedAt });
  expect(dashboard.told).toContainEqual({ type: "key", keyId: key.id, end: "all" });
  for (const action of ["enable", "disable", "rotate"]) {
    expect((await owner("POST", `/keys/${key.id}/${action}`, {})).status, action).toBe(409);
  }
  expect((await owner("PATCH", `/keys/${key.id}`, { name: "x" })).status).toBe(409);
  const actions = (await auditOf(key.id)).map(({ action }) => action);
  expect(actions).toEqual(["key.create", "key.disable", "key.enable", "key.revoke"]);
});

test("what is spent of a budget, and day by day, is exact", async () => {
  const { key } = await makeKey(await dashboard.createAccount("spends"));
  const hourMs = 3_600_000;
  const thisHour = new Date(Math.floor(Date.now() / hourMs) * hourMs);
  const threeDaysAgo = new Date(thisHour.getTime() - 72 * hourMs);
  await use(key, thisHour, { requests: 2, failedRequests: 1, promptTokens: 10, chargeNano: 1_000_000_001n });
  await use(key, threeDaysAgo, { requests: 1, completionTokens: 5, chargeNano: 7n, correctionNano: -2n });
  await owner("PATCH", `/keys/${key.id}`, { budgetDay: "5", budgetTotal: "10" });
  expect((await details(owner, key.id)).spent).toEqual({ day: "1.000000001", month: null, total: "1.000000006" });

  const usage = dailyUsageSchema.parse((await owner("GET", `/keys/${key.id}/usage?days=4`)).body);
  expect(usage.days.map(({ requests, cost }) => [requests, cost])).toEqual([
    [1, "0.000000005"],
    [0, "0"],
    [0, "0"],
    [2, "1.000000001"],
  ]);
  expect(usage.days[0]?.day).toBe(threeDaysAgo.toISOString().slice(0, 10));
  expect(usage.total).toMatchObject({ requests: 3, failedRequests: 1, promptTokens: 10, cost: "1.000000006" });
  const account = dailyUsageSchema.parse((await owner("GET", `/accounts/${key.accountId}/usage?days=4`)).body);
  expect(account).toEqual(usage);
  expect((await list(`accountId=${key.accountId}`)).items[0]?.lastUsedAt).toBe(thisHour.toISOString());
});

test("a customer opens again what a customer has closed, and never what the operator has", async () => {
  const accountId = await dashboard.createAccount("closed");
  const customer = await dashboard.signIn("member", accountId);
  const { key } = await makeKey(accountId);
  const ask = async (asking: Ask, action: "enable" | "disable") => {
    const { status, body } = await asking("POST", `/keys/${key.id}/${action}`);
    return { status, by: status === 200 ? keyDetailsSchema.parse(body).disabledBy : body };
  };
  const refused = {
    status: 403,
    by: { error: { code: "forbidden", message: expect.stringContaining("The operator has disabled this key") } },
  };
  expect(await ask(customer, "disable")).toEqual({ status: 200, by: "customer" });
  expect(await ask(customer, "enable")).toEqual({ status: 200, by: null });
  expect(await ask(customer, "enable")).toEqual({ status: 200, by: null });

  expect(await ask(owner, "disable")).toEqual({ status: 200, by: "operator" });
  expect(await ask(customer, "enable")).toEqual(refused);
  // Closing it once more does not make it the customer's.
  expect(await ask(customer, "disable")).toEqual({ status: 200, by: "operator" });
  expect(await ask(customer, "enable")).toEqual(refused);
  expect(await ask(owner, "enable")).toEqual({ status: 200, by: null });

  expect(await ask(customer, "disable")).toEqual({ status: 200, by: "customer" });
  expect(await ask(owner, "disable")).toEqual({ status: 200, by: "operator" });
  expect(await ask(customer, "enable")).toEqual(refused);
  expect((await auditOf(key.id)).filter(({ action }) => action === "key.enable")).toHaveLength(2);
});

test("a disabled account stays the operator's to enable", async () => {
  const accountId = await dashboard.createAccount("closed");
  const customer = await dashboard.signIn("member", accountId);
  await owner("POST", `/accounts/${accountId}/disable`);
  expect((await customer("POST", `/accounts/${accountId}/enable`)).status).toBe(403);
});
