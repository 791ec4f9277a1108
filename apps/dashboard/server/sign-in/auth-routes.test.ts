import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const auditSchema = z.object({ items: z.array(z.object({ action: z.string(), actorName: z.string() })) });

test("what somebody changes of their own sign-in is in the audit log; what was refused is not", async () => {
  const owner = await dashboard.signIn("owner");
  const member = await dashboard.signIn("viewer");
  const change = (currentPassword: string) =>
    member("POST", "/../auth/change-password", { currentPassword, newPassword: "another battery staple horse" });
  expect((await change("not the password")).status).toBe(400);
  expect((await change("correct horse battery staple")).status).toBe(200);
  const { items } = auditSchema.parse((await owner("GET", "/audit")).body);
  expect(items.map(({ action }) => action)).toEqual(["member.change_password", "member.join", "member.join"]);
  expect(items[0]?.actorName).toContain("Person 2");
});

test("checking a code to come in is no change", async () => {
  const owner = await dashboard.signIn("owner");
  const before = auditSchema.parse((await owner("GET", "/audit")).body).items.length;
  await dashboard.anybody("POST", "/../auth/two-factor/verify-totp", { code: "000000" });
  expect(auditSchema.parse((await owner("GET", "/audit")).body).items).toHaveLength(before);
});
