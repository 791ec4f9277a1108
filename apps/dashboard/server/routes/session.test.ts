import { createInvitationStore } from "@tera/access";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard, testOrigin } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const password = "correct horse battery staple";

async function invite(email: string | null = null): Promise<string> {
  const { token } = await createInvitationStore(dashboard).createInvitation({
    role: "viewer",
    accountId: null,
    email,
    createdBy: "test",
  });
  return token;
}

test("nobody is told to come in by a link until there is a member", async () => {
  expect((await dashboard.anybody("GET", "/sign-in")).body).toEqual({ hasMembers: false, oidc: null });
  await dashboard.signIn("owner");
  expect((await dashboard.anybody("GET", "/sign-in")).body).toEqual({ hasMembers: true, oidc: null });
});

test("who is not signed in is refused", async () => {
  const { status, body } = await dashboard.anybody("GET", "/session");
  expect(status).toBe(401);
  expect(body).toMatchObject({ error: { code: "unauthenticated" } });
});

test("an invitation lets in once, whoever tries at once", async () => {
  const token = await invite();
  const tries = await Promise.all(
    [1, 2, 3, 4].map((number) =>
      dashboard.anybody("POST", "/invitations/accept", {
        token,
        name: "Twin",
        email: `twin${number}@example.com`,
        password,
      }),
    ),
  );
  expect(tries.map(({ status }) => status).toSorted()).toEqual([204, 404, 404, 404]);
});

test("an invitation to an address makes a member of that address only", async () => {
  const token = await invite("right@example.com");
  const opened = await dashboard.anybody("POST", "/invitations/open", { token });
  expect(opened.body).toMatchObject({ email: "right@example.com", role: "viewer", resets: false });
  await dashboard.anybody("POST", "/invitations/accept", { token, name: "R", email: "wrong@example.com", password });
  const again = await invite("right@example.com");
  const second = await dashboard.anybody("POST", "/invitations/accept", {
    token: again,
    name: "R",
    email: "x@example.com",
    password,
  });
  expect(second).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
});

test("a session cookie is bound to this origin, out of reach of scripts and other sites", async () => {
  const accepted = await dashboard.anybody("POST", "/invitations/accept", {
    token: await invite(),
    name: "C",
    email: "cookie@example.com",
    password,
  });
  expect(String(accepted.headers["set-cookie"])).toMatch(
    /^__Host-tera\.session_token=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
});

test("a password opens the door, a wrong one does not, and neither tells whether the address is known", async () => {
  const enter = (email: string, secret: string) =>
    dashboard.app.inject({
      method: "POST",
      url: "/admin/auth/sign-in/email",
      headers: { origin: testOrigin },
      payload: { email, password: secret },
    });
  await dashboard.anybody("POST", "/invitations/accept", {
    token: await invite(),
    name: "D",
    email: "door@example.com",
    password,
  });
  expect((await enter("door@example.com", password)).statusCode).toBe(200);
  const wrong = await enter("door@example.com", "not the password");
  const unknown = await enter("nobody@example.com", "not the password");
  expect([wrong.statusCode, wrong.body]).toEqual([unknown.statusCode, unknown.body]);
  expect(wrong.statusCode).toBe(401);
});

test("nobody signs up", async () => {
  const { statusCode } = await dashboard.app.inject({
    method: "POST",
    url: "/admin/auth/sign-up/email",
    headers: { origin: testOrigin },
    payload: { email: "new@example.com", password, name: "New" },
  });
  expect(statusCode).toBe(400);
});

test("a change from another page is refused, even with a session", async () => {
  const { statusCode } = await dashboard.app.inject({
    method: "POST",
    url: "/admin/api/accounts",
    headers: { origin: "http://evil.example" },
    payload: { name: "x", kind: "prepaid" },
  });
  expect(statusCode).toBe(403);
});

test("a token opens the Admin API with its role and no more", async () => {
  const ask = await dashboard.withToken("viewer");
  expect((await ask("GET", "/session")).body).toMatchObject({ kind: "token", role: "viewer", accounts: null });
  expect((await ask("POST", "/accounts", { name: "x", kind: "prepaid" })).status).toBe(403);
});
