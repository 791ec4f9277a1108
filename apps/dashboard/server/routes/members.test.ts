import { madeInvitationSchema, memberListSchema } from "@tera/admin-api/members";
import { madeAdminTokenSchema } from "@tera/admin-api/tokens";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditPageSchema } from "../../api/audit.ts";
import { sessionSchema } from "../../api/session.ts";
import { type Ask, startTestDashboard, type TestDashboard } from "../../testing/dashboard.ts";

let dashboard: TestDashboard;
let owner: Ask;
let admin: Ask;
beforeAll(async () => {
  dashboard = await startTestDashboard();
  owner = await dashboard.signIn("owner");
  admin = await dashboard.signIn("admin");
});
afterAll(() => dashboard.close());

const idOf = async (ask: Ask) => sessionSchema.parse((await ask("GET", "/session")).body).id;

test("somebody who is invited comes in with the role of the invitation", async () => {
  const account = await dashboard.createAccount("Acme");
  const made = await owner("POST", "/invitations", { role: "member", accountId: account, email: "Cust@Example.com" });
  const { link, invitation } = madeInvitationSchema.parse(made.body);
  expect(invitation).toMatchObject({ email: "cust@example.com", accountName: "Acme" });
  const token = link.split("#")[1];
  const accepted = await dashboard.anybody("POST", "/invitations/accept", {
    token,
    name: "Customer",
    email: "cust@example.com",
    password: "correct horse battery",
  });
  expect(accepted.status).toBe(204);
  const { items } = memberListSchema.parse((await owner("GET", `/members?accountId=${account}`)).body);
  expect(items).toMatchObject([{ email: "cust@example.com", grants: [{ role: "member", accountId: account }] }]);
});

test("a withdrawn invitation lets nobody in", async () => {
  const made = await admin("POST", "/invitations", { role: "viewer", email: "late@example.com" });
  const { link, invitation } = madeInvitationSchema.parse(made.body);
  expect((await admin("DELETE", `/invitations/${invitation.id}`)).status).toBe(200);
  expect((await dashboard.anybody("POST", "/invitations/open", { token: link.split("#")[1] })).status).toBe(404);
  expect((await admin("DELETE", `/invitations/${invitation.id}`)).status).toBe(404);
});

test("an admin neither makes nor changes owners", async () => {
  const ownerId = await idOf(owner);
  expect((await admin("POST", "/invitations", { role: "owner", email: "new@example.com" })).status).toBe(403);
  expect((await admin("PUT", `/members/${await idOf(admin)}/grants`, { role: "owner" })).status).toBe(403);
  expect((await admin("PUT", `/members/${ownerId}/grants`, { role: "viewer" })).status).toBe(403);
  expect((await admin("DELETE", `/members/${ownerId}`)).status).toBe(403);
  expect((await admin("POST", `/members/${ownerId}/password-link`, {})).status).toBe(403);
  expect((await admin("POST", "/tokens", { name: "x", role: "owner" })).status).toBe(403);
});

test("the last owner stays", async () => {
  const ownerId = await idOf(owner);
  expect((await owner("PUT", `/members/${ownerId}/grants`, { role: "viewer" })).status).toBe(409);
  expect((await owner("DELETE", `/members/${ownerId}/grants/operator`)).status).toBe(409);
  expect((await owner("DELETE", `/members/${ownerId}`)).status).toBe(409);
  expect((await owner("GET", "/session")).body).toMatchObject({ role: "owner" });
});

test("who is removed, or has no role any more, is out at once", async () => {
  const [removed, bare] = [await dashboard.signIn("viewer"), await dashboard.signIn("viewer")];
  const [removedId, bareId] = [await idOf(removed), await idOf(bare)];
  expect((await owner("DELETE", `/members/${removedId}`)).status).toBe(204);
  expect((await removed("GET", "/session")).status).toBe(401);
  expect((await owner("DELETE", `/members/${bareId}/grants/operator`)).status).toBe(200);
  expect((await bare("GET", "/session")).status).toBe(401);
});

test("a link for a new password sets it and ends the old sessions", async () => {
  const viewer = await dashboard.signIn("viewer");
  const memberId = await idOf(viewer);
  const { link } = madeInvitationSchema.parse((await owner("POST", `/members/${memberId}/password-link`, {})).body);
  const accepted = await dashboard.anybody("POST", "/invitations/accept", {
    token: link.split("#")[1],
    name: "ignored",
    email: "ignored@example.com",
    password: "another long password",
  });
  expect(accepted.status).toBe(204);
  expect((await viewer("GET", "/session")).status).toBe(401);
});

test("a token is told once, works until it is revoked, and can do no more than its maker", async () => {
  const { token, summary } = madeAdminTokenSchema.parse(
    (await admin("POST", "/tokens", { name: "script", role: "billing", expiresAt: null })).body,
  );
  const listed = await admin("GET", "/tokens");
  expect(JSON.stringify(listed.body)).not.toContain(token);
  const use = () => dashboard.app.inject({ url: "/admin/api/session", headers: { authorization: `Bearer ${token}` } });
  expect((await use()).json()).toMatchObject({ role: "billing", name: "script" });
  expect((await admin("DELETE", `/tokens/${summary.id}`)).status).toBe(200);
  expect((await use()).statusCode).toBe(401);
});

test("the audit log has every change, newest first, a part at a time, without secrets", async () => {
  const first = auditPageSchema.parse((await owner("GET", "/audit?pageSize=3")).body);
  expect(first.items).toHaveLength(3);
  const second = auditPageSchema.parse((await owner("GET", `/audit?pageSize=3&before=${first.next}`)).body);
  const ids = [...first.items, ...second.items].map(({ id }) => BigInt(id));
  expect(ids).toEqual(ids.toSorted((one, other) => (one > other ? -1 : 1)));
  expect(new Set(ids).size).toBe(6);
  const tokens = auditPageSchema.parse((await owner("GET", "/audit?action=token.")).body);
  expect(new Set(tokens.items.map(({ action }) => action))).toEqual(new Set(["token.create", "token.revoke"]));
  const all = await owner("GET", "/audit?pageSize=200");
  expect(JSON.stringify(all.body)).not.toMatch(/tera-admin-|invite#|argon2/);
});

test("people and the log are not for viewers nor customers", async () => {
  const account = await dashboard.createAccount("Other");
  for (const ask of [await dashboard.signIn("viewer"), await dashboard.signIn("member", account)]) {
    for (const path of ["/members", "/invitations", "/tokens", "/audit"]) {
      expect((await ask("GET", path)).status, path).toBe(403);
    }
  }
});
