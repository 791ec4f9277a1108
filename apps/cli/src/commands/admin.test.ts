import { createInvitationStore, createKeyStore, createMemberStore } from "@tera/access";
import { adminToken, auditEvent, connectDatabase, member } from "@tera/database";
import { createTestDatabase } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { runForTest } from "../../testing/run-cli.ts";

const secret = "the secret of this test, long enough";
const testDatabase = await createTestDatabase();
const environment = {
  DATABASE_URL: testDatabase.url,
  TERA_SECRET: secret,
  TERA_DASHBOARD_URL: "https://tera.example.com/",
  USER: "ada",
};
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const run = (...args: string[]) => runForTest(["admin", ...args], { environment });
const tokenOf = (link: string) => link.replace("https://tera.example.com/invite#", "");

test("invite prints a link alone on stdout, which is good for one owner by default", async () => {
  const { exitCode, stdout } = await run("invite");
  expect(exitCode).toBe(0);
  const invitation = await createInvitationStore({ db }).findOpenInvitation(tokenOf(stdout));
  expect(invitation).toMatchObject({ role: "owner", email: null, createdBy: "cli:ada" });
});

test("a customer is invited to an account that there is", async () => {
  const account = await createKeyStore({ db, secret }).createAccount({ name: "Acme", kind: "prepaid" });
  expect((await run("invite", "--role", "member")).stderr).toContain("needs --account");
  expect((await run("invite", "--role", "member", "--account", "acct_x")).exitCode).toBe(1);
  const { stdout } = await run(
    "invite",
    "--role",
    "member",
    "--account",
    account.id,
    "--email",
    "A@B.example",
    "--json",
  );
  expect(JSON.parse(stdout)).toMatchObject({ role: "member", email: "a@b.example", accountId: account.id });
});

test("a member who lost the password gets a link for a new one; who is no member does not", async () => {
  await db.insert(member).values({ id: "mem_1", name: "Bob", email: "bob@example.com" });
  await createMemberStore({ db }).grant("mem_1", "viewer", null);
  const { stdout } = await run("password-link", "Bob@example.com");
  expect(await createInvitationStore({ db }).findOpenInvitation(tokenOf(stdout))).toMatchObject({ memberId: "mem_1" });
  expect(await run("password-link", "nobody@example.com")).toMatchObject({ exitCode: 1, stdout: "" });
  expect((await run("invite", "--email", "bob@example.com")).stderr).toContain("is a member already");
  expect((await run("members")).stdout).toMatch(/bob@example\.com\s+Bob\s+viewer/);
});

test("a token is printed once and kept as a hash", async () => {
  const { stdout } = await run("token", "--name", "deploy", "--expires", "30d");
  expect(stdout).toMatch(/^tera-admin-[\w-]{43}$/);
  const [kept] = await db.select().from(adminToken);
  expect(kept).toMatchObject({ name: "deploy", role: "viewer", lastFour: stdout.slice(-4) });
  expect(JSON.stringify(kept)).not.toContain(stdout.slice(20));
  expect((await run("token", "--name", "x", "--expires", "yesterday")).stderr).toContain("--expires yesterday");
});

test("what was done on the command line is in the audit log", async () => {
  const actions = (await db.select().from(auditEvent)).map(({ action, actorKind, actorName }) => [
    action,
    actorKind,
    actorName,
  ]);
  expect(actions).toContainEqual(["invitation.create", "cli", "cli:ada"]);
  expect(actions).toContainEqual(["member.password_link", "cli", "cli:ada"]);
  expect(actions).toContainEqual(["token.create", "cli", "cli:ada"]);
});

test("without a dashboard to speak of, the address is asked for", async () => {
  const { TERA_DASHBOARD_URL: _url, ...bare } = environment;
  const { exitCode, stderr } = await runForTest(["admin", "invite"], { environment: bare });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("--url");
});
