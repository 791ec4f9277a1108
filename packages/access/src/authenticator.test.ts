import { account, apiKey as apiKeyTable, connectDatabase } from "@tera/database";
import { createTestDatabase, startBreakableProxy } from "@tera/database/testing";
import { TeraError } from "@tera/protocol";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { newApiKey } from "./api-key-format.ts";
import { type AuthenticatorOptions, createAuthenticator } from "./authenticator.ts";
import { createKeyStore, type KeyStore, type NewKey } from "./key-store.ts";

const secret = "the secret of this test, long enough";
const testDatabase = await createTestDatabase();
const proxy = await startBreakableProxy(testDatabase.url);
const direct = connectDatabase({ url: testDatabase.url, name: "test" });
const throughProxy = connectDatabase({ url: proxy.url, name: "test", connectTimeoutMs: 500 });
const store = createKeyStore({ db: direct.db, secret });
const breakableStore = createKeyStore({ db: throughProxy.db, secret });
const owner = await store.createAccount({ name: "owner", kind: "prepaid" });
afterAll(async () => {
  await throughProxy.close();
  await direct.close();
  await proxy.close();
  await testDatabase.drop();
});

/** An authenticator with a clock to turn and a count of its look-ups. */
function setUp(options: Partial<AuthenticatorOptions> = {}) {
  const clock = { nowMs: Date.now() };
  const keyStore = options.keyStore ?? breakableStore;
  let lookups = 0;
  const authenticator = createAuthenticator({
    secret,
    now: () => clock.nowMs,
    ...options,
    keyStore: {
      findByHash(hash) {
        lookups++;
        return keyStore.findByHash(hash);
      },
    },
  });
  return { ...authenticator, clock, lookups: () => lookups };
}

async function createKey(options: Partial<NewKey> = {}) {
  return store.createKey({ accountId: owner.id, name: "k", ...options });
}

/** The code that `authenticate` throws or rejects with; undefined when it lets the key pass. */
async function refusal(authenticate: () => unknown): Promise<string | undefined> {
  try {
    await authenticate();
    return undefined;
  } catch (error) {
    if (!(error instanceof TeraError)) throw error;
    return error.code;
  }
}

test("a key opens for its account, with its scope and class", async () => {
  const { apiKey, key } = await createKey({ modelScope: ["m/one"], laneClass: "low" });
  const { authenticate } = setUp();
  expect(await authenticate(apiKey)).toEqual({
    accountId: owner.id,
    keyId: key.id,
    firstKeyId: key.id,
    modelScope: new Set(["m/one"]),
    laneClass: "low",
    accountKind: "prepaid",
    budgets: { dayNano: null, monthNano: null, totalNano: null },
    limits: [],
    addresses: null,
    contentLogging: false,
  });
});

test("what is in memory can be told without a look-up, and nothing else", async () => {
  const { apiKey } = await createKey({ expiresAt: new Date(Date.now() + 60_000) });
  const { authenticate, recall, lookups, clock } = setUp();
  expect(recall(apiKey)).toBeUndefined();
  const principal = await authenticate(apiKey);
  expect(recall(apiKey)).toBe(principal);
  expect(recall("nonsense")).toBeUndefined();
  clock.nowMs += 61_000;
  expect(recall(apiKey)).toBeUndefined();
  expect(lookups()).toBe(1);
});

test("a key carries its own limits, those of its account, and where it may come from", async () => {
  const limited = await store.createAccount({ name: "limited", kind: "postpaid" });
  await direct.db.update(account).set({ requestsPerMinuteMax: 30 }).where(eq(account.id, limited.id));
  const { apiKey: text, key } = await createKey({ accountId: limited.id });
  await direct.db
    .update(apiKeyTable)
    .set({ tokensPerMinuteMax: 1_000, concurrencyMax: 5, allowedAddresses: ["192.0.2.0/24"] })
    .where(eq(apiKeyTable.id, key.id));
  const principal = await setUp().authenticate(text);
  expect(principal.limits).toEqual([
    { of: "key", kind: "tokens", max: 1_000 },
    { of: "key", kind: "concurrency", max: 5 },
    { of: "account", kind: "requests", max: 30 },
  ]);
  expect(principal.addresses?.has("192.0.2.1")).toBe(true);
  expect(principal.addresses?.has("192.0.3.1")).toBe(false);
});

test("the second request with a key is answered without a promise and without a look-up", async () => {
  const { apiKey } = await createKey();
  const { authenticate, lookups } = setUp();
  const first = await authenticate(apiKey);
  expect(authenticate(apiKey)).toBe(first);
  expect(lookups()).toBe(1);
});

test("missing, malformed, unknown, revoked, expired and disabled get the very same refusal", async () => {
  const revoked = await createKey();
  await store.revokeKey(revoked.key.id);
  const expired = await createKey({ expiresAt: new Date(Date.now() - 1_000) });
  const disabledOwner = await store.createAccount({ name: "disabled", kind: "prepaid" });
  const disabled = await createKey({ accountId: disabledOwner.id });
  await direct.db.update(account).set({ disabledAt: new Date() }).where(eq(account.id, disabledOwner.id));

  const { authenticate } = setUp();
  const errors = [];
  for (const apiKey of [undefined, "", "sk-tera-x", newApiKey(), revoked.apiKey, expired.apiKey, disabled.apiKey]) {
    const error: unknown = await (async () => authenticate(apiKey))().catch((thrown: unknown) => thrown);
    if (!(error instanceof TeraError)) throw new Error(`${apiKey} was let in`);
    errors.push({ code: error.code, status: error.status, message: error.message });
  }
  expect(errors[0]).toMatchObject({ code: "invalid_api_key", status: 401 });
  expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
});

test("a malformed key costs no look-up, and an unknown one costs one in five seconds", async () => {
  const { authenticate, lookups, clock } = setUp();
  const unknown = newApiKey();
  await refusal(() => authenticate("sk-tera-short"));
  await refusal(() => authenticate(`${unknown.slice(0, -1)}${unknown.endsWith("0") ? "1" : "0"}`));
  expect(lookups()).toBe(0);
  expect(await refusal(() => authenticate(unknown))).toBe("invalid_api_key");
  expect(await refusal(() => authenticate(unknown))).toBe("invalid_api_key");
  expect(lookups()).toBe(1);
  clock.nowMs += 5_001;
  await refusal(() => authenticate(unknown));
  expect(lookups()).toBe(2);
});

test("a key expires while it is remembered", async () => {
  const { authenticate, clock } = setUp();
  const { apiKey } = await createKey({ expiresAt: new Date(clock.nowMs + 10_000) });
  await authenticate(apiKey);
  clock.nowMs += 9_999;
  expect(await refusal(() => authenticate(apiKey))).toBeUndefined();
  clock.nowMs += 1;
  expect(await refusal(() => authenticate(apiKey))).toBe("invalid_api_key");
});

test("a forgotten key is read again, and refused when it was revoked; others stay remembered", async () => {
  const [kept, revoked] = [await createKey(), await createKey()];
  const { authenticate, forget, lookups } = setUp();
  await authenticate(kept.apiKey);
  await authenticate(revoked.apiKey);
  await store.revokeKey(revoked.key.id);
  forget(revoked.key.id);
  expect(await refusal(() => authenticate(revoked.apiKey))).toBe("invalid_api_key");
  await authenticate(kept.apiKey);
  expect(lookups()).toBe(3);
});

test("a key that is enabled again is let in at once, and so is one whose account is", async () => {
  const { apiKey, key } = await createKey();
  const { authenticate, forget, forgetAccount } = setUp();
  await authenticate(apiKey);
  const changes = [
    { table: apiKeyTable, id: key.id, tell: () => forget(key.id) },
    { table: account, id: owner.id, tell: () => forgetAccount(owner.id) },
  ];
  for (const { table, id, tell } of changes) {
    await direct.db.update(table).set({ disabledAt: new Date() }).where(eq(table.id, id));
    tell();
    expect(await refusal(() => authenticate(apiKey))).toBe("invalid_api_key");
    await direct.db.update(table).set({ disabledAt: null }).where(eq(table.id, id));
    tell();
    expect(await refusal(() => authenticate(apiKey))).toBeUndefined();
  }
});

test.for([
  ["forget", "during"],
  ["forget", "after"],
  ["clear", "during"],
  ["clear", "after"],
] as const)(
  "a revocation that arrives (%s) while the key is being read is not overtaken by that reading: a request %s it",
  async ([tell, when]) => {
    const { apiKey, key } = await createKey();
    const hasRead = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    const slow: Pick<KeyStore, "findByHash"> = {
      async findByHash(hash) {
        const found = await store.findByHash(hash);
        hasRead.resolve();
        await mayAnswer.promise;
        return found;
      },
    };
    const authenticator = setUp({ keyStore: slow });
    const early = authenticator.authenticate(apiKey);
    await hasRead.promise;
    await store.revokeKey(key.id);
    authenticator[tell](key.id);
    const during = when === "during" ? refusal(() => authenticator.authenticate(apiKey)) : undefined;
    mayAnswer.resolve();
    expect(await early).toMatchObject({ keyId: key.id });
    expect(await (during ?? refusal(() => authenticator.authenticate(apiKey)))).toBe("invalid_api_key");
  },
);

test("an older entry is read again behind the request's back, a much older one before it is answered", async () => {
  const { apiKey, key } = await createKey();
  const { authenticate, clock, lookups } = setUp({ freshMs: 1_000 });
  const first = await authenticate(apiKey);
  clock.nowMs += 1_000;
  expect(authenticate(apiKey)).toBe(first);
  expect(lookups()).toBe(2);
  await expect.poll(() => authenticate(apiKey) !== first && authenticate(apiKey)).toMatchObject({ keyId: key.id });

  await store.revokeKey(key.id);
  clock.nowMs += 2_000;
  expect(await refusal(() => authenticate(apiKey))).toBe("invalid_api_key");
});

test("a hundred first requests with one key are one look-up", async () => {
  const { apiKey, key } = await createKey();
  const { authenticate, lookups } = setUp();
  const principals = await Promise.all(Array.from({ length: 100 }, () => authenticate(apiKey)));
  expect(new Set(principals.map(({ keyId }) => keyId))).toEqual(new Set([key.id]));
  expect(lookups()).toBe(1);
});

test("with Postgres away, known keys go on for the hour and new ones get 503; nobody waits long, and all is well when it is back", async () => {
  const [known, unread] = [await createKey(), await createKey()];
  const { authenticate, clock } = setUp({ freshMs: 1_000, lookupTimeoutMs: 300 });
  await authenticate(known.apiKey);
  for (const takeAway of [proxy.break, proxy.freeze]) {
    takeAway();
    const startedAt = performance.now();
    expect(await refusal(() => authenticate(unread.apiKey))).toBe("database_unavailable");
    clock.nowMs += 600_000;
    expect(await refusal(() => authenticate(known.apiKey))).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
  clock.nowMs += 3_600_000;
  expect(await refusal(() => authenticate(known.apiKey))).toBe("database_unavailable");
  proxy.heal();
  await expect.poll(() => refusal(() => authenticate(known.apiKey)), { timeout: 5_000 }).toBeUndefined();
  expect(await refusal(() => authenticate(unread.apiKey))).toBeUndefined();
});

test("what is remembered and what is under way are bounded", async () => {
  const never = new Promise<undefined>(() => undefined);
  const stuck = setUp({ keyStore: { findByHash: () => never }, lookupsMax: 3, lookupTimeoutMs: 50 });
  const refusals = await Promise.all(Array.from({ length: 10 }, () => refusal(() => stuck.authenticate(newApiKey()))));
  expect(refusals).toEqual(Array.from({ length: 10 }, () => "database_unavailable"));
  expect(stuck.lookups()).toBe(3);

  const { authenticate, lookups } = setUp({ entriesMax: 2 });
  const [a, b, c] = [await createKey(), await createKey(), await createKey()];
  await authenticate(a.apiKey);
  await authenticate(b.apiKey);
  await authenticate(a.apiKey);
  await authenticate(c.apiKey);
  expect(lookups()).toBe(3);
  // b was used longest ago, so it had to go.
  expect(authenticate(a.apiKey)).not.toBeInstanceOf(Promise);
  const again = authenticate(b.apiKey);
  expect(again).toBeInstanceOf(Promise);
  await again;
});
