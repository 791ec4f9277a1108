import { accountPageSchema, accountSchema } from "@tera/admin-api/accounts";
import { auditEvent } from "@tera/database";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const owner = await dashboard.signIn("owner");

test("an account is created, found, changed and disabled, and each change is in the audit log", async () => {
  const made = accountSchema.parse((await owner("POST", "/accounts", { name: "Acme", kind: "prepaid" })).body);
  expect(made).toMatchObject({ name: "Acme", kind: "prepaid", balance: "0", keys: 0, disabledAt: null });
  const changed = await owner("PATCH", `/accounts/${made.id}`, { name: "Acme Ltd", concurrencyMax: 5 });
  expect(changed.body).toMatchObject({ name: "Acme Ltd", concurrencyMax: 5 });
  const disabled = accountSchema.parse((await owner("POST", `/accounts/${made.id}/disable`, {})).body);
  expect(disabled.disabledAt).not.toBeNull();
  expect(dashboard.told).toContainEqual({ type: "account", accountId: made.id });

  const events = await dashboard.db
    .select()
    .from(auditEvent)
    .where(eq(auditEvent.objectId, made.id))
    .orderBy(auditEvent.id);
  expect(events.map(({ action }) => action)).toEqual(["account.create", "account.change", "account.disable"]);
  expect(events[1]).toMatchObject({
    actorKind: "member",
    address: "127.0.0.1",
    before: { name: "Acme", concurrencyMax: null },
    after: { name: "Acme Ltd", concurrencyMax: 5 },
  });
});

test("a list is searched, filtered, sorted and paged by the server, and wildcards are letters", async () => {
  for (const name of ["50% off", "plain", "under_score"]) await dashboard.createAccount(name, "postpaid");
  const list = async (query: string) => accountPageSchema.parse((await owner("GET", `/accounts?${query}`)).body);
  expect((await list("search=%25")).items.map(({ name }) => name)).toEqual(["50% off"]);
  expect((await list("search=r_s")).items.map(({ name }) => name)).toEqual(["under_score"]);
  const page = await list("kind=postpaid&sort=name&pageSize=2&page=2");
  expect(page).toMatchObject({ total: 3, items: [{ name: "under_score" }] });
});

test("a customer sees its own account, and others are not there", async () => {
  const [own, other] = [await dashboard.createAccount("own"), await dashboard.createAccount("other")];
  const customer = await dashboard.signIn("member", own);
  expect((await customer("GET", "/accounts")).body).toMatchObject({ total: 1, items: [{ id: own }] });
  expect((await customer("GET", `/accounts/${other}`)).status).toBe(404);
  expect((await customer("PATCH", `/accounts/${own}`, { name: "mine" })).status).toBe(403);
});

test("what is not known is refused, and the answer names it", async () => {
  const { status, body } = await owner("POST", "/accounts", { name: "", kind: "prepaid", colour: "red" });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(/name/);
  expect(JSON.stringify(body)).toMatch(/colour/);
});
