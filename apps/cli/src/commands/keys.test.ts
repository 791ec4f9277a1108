import { createAuthenticator, createKeyStore, isWellFormedApiKey } from "@tera/access";
import { connectDatabase } from "@tera/database";
import { connectBlockingRedis, type Invalidation, subscribeInvalidation } from "@tera/queue";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";

const secret = "the secret of this test, long enough";
const [testDatabase, emptyDatabase, redis] = await Promise.all([
  createTestDatabase(),
  createTestDatabase(),
  createTestRedis(),
]);
const environment = { DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, TERA_SECRET: secret };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createKeyStore({ db: database.db, secret });
const acme = await store.createAccount({ name: "Acme", kind: "prepaid" });
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), emptyDatabase.drop(), redis.stop()]);
});

const run = (args: string[], options: RunOptions = {}) => runForTest(["keys", ...args], { environment, ...options });

const madeSchema = z.object({ apiKey: z.string(), id: z.string(), accountId: z.string() });
async function makeKey(...args: string[]) {
  const { stdout } = await run(["create", "--name", "made", "--account", acme.id, "--json", ...args]);
  return madeSchema.parse(JSON.parse(stdout));
}

test("create prints the key alone on stdout, and the key opens the API", async () => {
  const { exitCode, stdout, stderr } = await run(["create", "--name", "laptop"]);
  expect(exitCode).toBe(0);
  expect(isWellFormedApiKey(stdout)).toBe(true);
  expect(stderr).toContain("only time");
  expect(stderr).not.toContain(stdout);
  const { authenticate } = createAuthenticator({ keyStore: store, secret });
  expect(await authenticate(stdout)).toMatchObject({ accountId: acme.id, modelScope: null, laneClass: "normal" });
});

test("create carries scope, class and expiry", async () => {
  const { apiKey } = await makeKey("--model", "a/one", "--model", "a/two", "--class", "low", "--expires", "30d");
  const { authenticate } = createAuthenticator({ keyStore: store, secret });
  expect(await authenticate(apiKey)).toMatchObject({ modelScope: new Set(["a/one", "a/two"]), laneClass: "low" });
  const [key] = await store.listKeys({ limit: 1 });
  expect(key?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
});

test("wrong options are refused with what would be right", async () => {
  const wrong = [
    { args: ["create"], said: "--name" },
    { args: ["create", "--name", " "], said: "1 to 200 characters" },
    { args: ["create", "--name", "x", "--expires", "yesterday"], said: "2027-01-31" },
    { args: ["create", "--name", "x", "--class", "urgent"], said: "high, normal, low" },
    { args: ["create", "--name", "x", "--account", "acct_nobody"], said: acme.id },
    { args: ["create", "--name", "x", "--account", acme.id, "--new-account", "y"], said: "exclude each other" },
    { args: ["lst"], said: "Did you mean list?" },
  ];
  for (const { args, said } of wrong) {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(said);
  }
});

test("the list fits 80 columns, says how each key stands, and never holds a key", async () => {
  const scoped = await makeKey("--model", "Qwen/Qwen2.5-7B-Instruct", "--model", "meta-llama/Llama-3.3-70B-Instruct");
  const revoked = await makeKey();
  await store.revokeKey(revoked.id);
  await store.createKey({ accountId: acme.id, name: "old", expiresAt: new Date(Date.now() - 1_000) });
  await store.createKey({ accountId: acme.id, name: `a name ${"that goes on ".repeat(10)}` });

  const { stdout } = await run(["list"]);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^ID\s+NAME\s+KEY\s+STATUS\s+MODELS/);
  expect(stdout).toMatch(new RegExp(`${revoked.id}.*…${revoked.apiKey.slice(-4)}.*revoked`));
  expect(stdout).toMatch(/old .*expired/);
  expect(stdout).toMatch(new RegExp(`${scoped.id}.*active.*Qwen`));

  const json = await run(["list", "--json"]);
  expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ id: revoked.id, status: "revoked" }));
  expect(stdout + json.stdout).not.toContain("sk-tera-");
});

test("keys of several accounts show whose they are, and creating one asks whose it shall be", async () => {
  const { exitCode } = await run(["create", "--name", "other's", "--new-account", "Globex"]);
  expect(exitCode).toBe(0);
  expect((await run(["list"])).stdout).toMatch(/ACCOUNT.*\n.*Globex/);
  const undecided = await run(["create", "--name", "whose?"]);
  expect(undecided.exitCode).toBe(1);
  expect(undecided.stderr).toContain(`${acme.id}  Acme`);
  expect((await run(["list", "--account", acme.id])).stdout).not.toContain("Globex");
});

test("revoke asks first, refuses where nobody can be asked, and does it with --yes", async () => {
  const { id } = await makeKey();
  const unasked = await run(["revoke", id]);
  expect(unasked.exitCode).toBe(1);
  expect(unasked.stderr).toContain("--yes");
  for (const answer of ["", "n", "what?"]) expect((await run(["revoke", id], { answers: [answer] })).exitCode).toBe(1);
  expect((await store.findKey(id))?.revokedAt).toBeNull();

  const agreed = await run(["revoke", id], { answers: ["y"] });
  expect(agreed).toMatchObject({ exitCode: 0, stdout: `Revoked ${id} (made).` });
  expect((await store.findKey(id))?.revokedAt).not.toBeNull();
  const again = await run(["revoke", id, "--yes"]);
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toContain("was revoked before");
});

test("revoke tells the gateways", async () => {
  const { id } = await makeKey();
  const heard = Promise.withResolvers<Invalidation>();
  const log = { info: () => undefined, warn: () => undefined };
  const subscription = await subscribeInvalidation({
    blockingRedis: connectBlockingRedis(redis.url, { name: "test", log }),
    onMessage: heard.resolve,
    onReconnect: () => undefined,
  });
  await run(["revoke", id, "--yes"]);
  expect(await heard.promise).toEqual({ type: "key", keyId: id, end: "waiting" });
  subscription.stop();
});

test("without Redis a key is revoked all the same, and it is said that gateways learn of it later", async () => {
  const { id } = await makeKey();
  const { exitCode, stderr } = await run(["revoke", id, "--yes"], {
    environment: { ...environment, REDIS_URL: "redis://127.0.0.1:1" },
  });
  expect(exitCode).toBe(0);
  expect(stderr).toContain("could not be told");
  expect((await store.findKey(id))?.revokedAt).not.toBeNull();
});

test("an unknown id gets the nearest one, or where to look", async () => {
  const { id } = await makeKey();
  const typo = `${id.slice(0, -1)}${id.endsWith("a") ? "b" : "a"}`;
  const nearly = await run(["revoke", typo, "--yes"]);
  expect(nearly).toMatchObject({ exitCode: 1, stderr: `tera: There is no key ${typo}. Did you mean ${id}?` });
  const { stderr } = await run(["revoke", "sk-tera-secret", "--yes"]);
  expect(stderr).toContain("its id is wanted");
  expect(stderr).not.toContain("secret");
  expect((await run(["revoke", "laptop", "--yes"])).stderr).toContain("tera keys list");
});

test("an empty installation says how to make the first key", async () => {
  const options = { environment: { ...environment, DATABASE_URL: emptyDatabase.url } };
  expect(await run(["list"], options)).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await run(["list"], options)).stderr).toContain("tera keys create");
  expect(await run(["list", "--json"], options)).toMatchObject({ exitCode: 0, stdout: "[]" });
  expect((await run(["create", "--name", "x"], options)).stderr).toContain("--new-account");
});

test("no stack, no secret, no database: one sentence each, and no password in it", async () => {
  const nothing = await run(["list", "--data-dir", "/nowhere"], { environment: {} });
  expect(nothing.stderr.split("\n")).toHaveLength(1);
  expect(nothing.stderr).toContain("npm start");
  const { TERA_SECRET: _secret, ...noSecret } = environment;
  expect((await run(["list"], { environment: noSecret })).stderr).toBe(
    "tera: TERA_SECRET is not set: this command needs it too.",
  );
  const away = await run(["list"], {
    environment: { ...environment, DATABASE_URL: "postgres://tera:hunter2@127.0.0.1:1/tera" },
  });
  expect(away.exitCode).toBe(1);
  expect(away.stderr).toMatch(/^tera: Postgres at 127.0.0.1:1 does not answer: .*ECONNREFUSED/);
  expect(away.stderr).not.toContain("hunter2");
  const misspelt = await run(["list"], { environment: { ...environment, TERA_SECRETS: "x" } });
  expect(misspelt.stderr).toContain("did you mean TERA_SECRET?");
});
