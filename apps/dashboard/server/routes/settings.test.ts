import { backgroundRun, notice } from "@tera/database";
import { afterAll, expect, test } from "vitest";
import { settingsSchema } from "../../api/settings.ts";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());

test("the state of the installation: database, months, background runs, notices", async () => {
  const at = new Date("2026-11-01T00:00:00Z");
  await dashboard.db.insert(backgroundRun).values({ name: "invoices", startedAt: at, failure: "no seller" });
  await dashboard.db.insert(notice).values({ id: "notice_1", type: "key.expires", reference: "k", payload: {} });
  const viewer = await dashboard.signIn("viewer");
  const settings = settingsSchema.parse((await viewer("GET", "/settings")).body);
  expect(settings.database.applied).toBe(settings.database.known);
  expect(settings.runs).toMatchObject([{ name: "invoices", failure: "no seller", succeededAt: null }]);
  expect(settings.notices).toMatchObject([{ type: "key.expires", state: "waiting" }]);
  expect(settings.usageMonths.length).toBeGreaterThan(0);
});

test("customers do not see it", async () => {
  const customer = await dashboard.signIn("member", await dashboard.createAccount("Acme"));
  expect((await customer("GET", "/settings")).status).toBe(403);
});
