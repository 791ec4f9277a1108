/**
 * API key -> principal, on every request, so nearly always from memory.
 *
 * What is remembered about a key, by its age since it was read from Postgres:
 *
 * | Age                   | A request with the key                                                                         |
 * |-----------------------|------------------------------------------------------------------------------------------------|
 * | below `freshMs`       | is answered from memory, without a promise                                                     |
 * | below `2 * freshMs`   | is answered from memory, while the key is read again behind it                                 |
 * | below `outageMs`      | waits until the key was read again; if Postgres is away, it is answered from memory            |
 * | beyond                | waits until the key was read again; if Postgres is away, it is refused with 503                |
 *
 * Once Postgres is known to be away, nobody waits: the third row acts like the second until a reading succeeds.
 * A revocation waits for none of this: it is pushed to `forget`. Keys that do not exist are remembered for `unknownMs`. What is remembered is
 * bounded, and so is the number of look-ups under way: a flood of invented keys grows neither.
 */
import { databaseReason, isDatabaseUnavailable } from "@tera/database";
import { TeraError } from "@tera/protocol";
import { createAddressList } from "./address-list.ts";
import { isWellFormedApiKey } from "./api-key-format.ts";
import { budgetsOf, firstKeyIdOf } from "./budget-purse.ts";
import { createKeyHasher } from "./key-hash.ts";
import type { FoundKey, KeyStore } from "./key-store.ts";
import { limitsOf } from "./limits.ts";
import type { Principal } from "./principal.ts";

export interface AuthenticatorOptions {
  keyStore: Pick<KeyStore, "findByHash">;
  secret: string;
  /** 60 s when absent. */
  freshMs?: number;
  /** 1 h when absent. */
  outageMs?: number;
  /** 5 s when absent. */
  unknownMs?: number;
  /** Keys remembered, and as many unknown ones; 10,000 when absent. */
  entriesMax?: number;
  /** Look-ups under way; 256 when absent. One more is refused with `database_unavailable`. */
  lookupsMax?: number;
  /** How long a request waits for a look-up; 2 s when absent. */
  lookupTimeoutMs?: number;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

export interface Authenticator {
  /**
   * A principal at once when the key is remembered, else a promise.
   * @throws {TeraError} `invalid_api_key`, the same for a key that is missing, malformed, unknown, revoked or expired;
   * `database_unavailable` when only Postgres could tell. A promise rejects with the same.
   */
  authenticate(apiKey: string | undefined): Principal | Promise<Principal>;
  /** The principal if it can be told from memory alone; else undefined. */
  recall(apiKey: string | undefined): Principal | undefined;
  /** Something about this key changed: the next request reads it again. */
  forget(keyId: string): void;
  /** Something about this account changed: the next request with each of its keys reads it again. */
  forgetAccount(accountId: string): void;
  /** Changes may have been missed: every key is read again. */
  clear(): void;
}

/** What Postgres said about a key, at `readAtMs`. */
interface Known {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  readonly readAtMs: number;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { keyStore, now = Date.now } = options;
  const { freshMs = 60_000, outageMs = 3_600_000, unknownMs = 5_000 } = options;
  const { entriesMax = 10_000, lookupsMax = 256, lookupTimeoutMs = 2_000 } = options;
  const hashKey = createKeyHasher(options.secret);

  /** By hash, so that no key itself is kept; the one that was used longest ago first. */
  const known = new Map<string, Known>();
  /** Hash -> until when it is taken for unknown, epoch milliseconds. */
  const unknown = new Map<string, number>();
  const lookups = new Map<string, Promise<Known | undefined>>();
  let lookupsUnderWay = 0;
  /** Grows with each `forget` and `clear`: what a look-up read before that may be what just changed, and is not remembered. */
  let epoch = 0;
  let postgresAway = false;

  function lookUp(id: string, hash: Buffer): Promise<Known | undefined> {
    const underWay = lookups.get(id);
    if (underWay !== undefined) return underWay;
    if (lookupsUnderWay >= lookupsMax) return Promise.reject(unavailable("too many look-ups are under way"));
    lookupsUnderWay++;
    const lookup = read(id, hash, epoch).finally(() => {
      lookupsUnderWay--;
      if (lookups.get(id) === lookup) lookups.delete(id);
    });
    lookups.set(id, lookup);
    return lookup;
  }

  async function read(id: string, hash: Buffer, startedIn: number): Promise<Known | undefined> {
    try {
      const found = await keyStore.findByHash(hash);
      postgresAway = false;
      const entry = found === undefined ? undefined : toKnown(found, now());
      if (startedIn === epoch) remember(id, entry);
      return entry;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      postgresAway = true;
      throw unavailable(databaseReason(error));
    }
  }

  function remember(id: string, entry: Known | undefined): void {
    known.delete(id);
    unknown.delete(id);
    if (entry === undefined) unknown.set(id, now() + unknownMs);
    else known.set(id, entry);
    dropOldest(known, entriesMax);
    dropOldest(unknown, entriesMax);
  }

  function lookUpInTime(id: string, hash: Buffer): Promise<Known | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        postgresAway = true;
        reject(unavailable(`no answer from Postgres within ${lookupTimeoutMs} ms`));
      }, lookupTimeoutMs);
      lookUp(id, hash)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  async function readAndCheck(id: string, hash: Buffer, fallback: Known | undefined): Promise<Principal> {
    try {
      return check(await lookUpInTime(id, hash));
    } catch (error) {
      if (fallback === undefined || !(error instanceof TeraError) || error.code !== "database_unavailable") throw error;
      return check(fallback);
    }
  }

  function forgetWhere(concerns: (principal: Principal) => boolean): void {
    epoch++;
    lookups.clear();
    for (const [id, entry] of known) if (concerns(entry.principal)) known.delete(id);
    // It may be enabled again, and a disabled key is among these.
    unknown.clear();
  }

  function check(entry: Known | undefined): Principal {
    if (entry === undefined || entry.expiresAtMs <= now()) throw invalidApiKey();
    return entry.principal;
  }

  return {
    authenticate(apiKey) {
      if (apiKey === undefined || !isWellFormedApiKey(apiKey)) throw invalidApiKey();
      const hash = hashKey(apiKey);
      const id = hash.toString("base64");
      const entry = known.get(id);
      if (entry === undefined) {
        const unknownUntilMs = unknown.get(id);
        if (unknownUntilMs !== undefined && unknownUntilMs > now()) throw invalidApiKey();
        return readAndCheck(id, hash, undefined);
      }
      known.delete(id);
      known.set(id, entry);
      const ageMs = now() - entry.readAtMs;
      if (ageMs < freshMs) return check(entry);
      if (ageMs >= outageMs) return readAndCheck(id, hash, undefined);
      if (ageMs >= 2 * freshMs && !postgresAway) return readAndCheck(id, hash, entry);
      // A failure is not lost: it is met again by the request that has to wait for the reading.
      lookUp(id, hash).catch(() => undefined);
      return check(entry);
    },
    recall(apiKey) {
      if (apiKey === undefined || !isWellFormedApiKey(apiKey)) return undefined;
      const entry = known.get(hashKey(apiKey).toString("base64"));
      const current = now();
      return entry !== undefined && entry.expiresAtMs > current && current - entry.readAtMs < outageMs
        ? entry.principal
        : undefined;
    },
    forget: (keyId) => forgetWhere((principal) => principal.keyId === keyId),
    forgetAccount: (accountId) => forgetWhere((principal) => principal.accountId === accountId),
    clear() {
      epoch++;
      lookups.clear();
      known.clear();
      unknown.clear();
    },
  };
}

function toKnown(found: FoundKey, nowMs: number): Known | undefined {
  const principal = toPrincipal(found, nowMs);
  const expiresAtMs = found.key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return principal === undefined ? undefined : { principal, expiresAtMs, readAtMs: nowMs };
}

/** Undefined for a key that was revoked, has expired, or whose account is disabled: to a client it is unknown. */
export function toPrincipal(found: FoundKey, nowMs: number): Principal | undefined {
  const { key, accountKind, accountLimits, accountDisabledAt } = found;
  const isOver = key.expiresAt !== null && key.expiresAt.getTime() <= nowMs;
  if (key.revokedAt !== null || key.disabledAt !== null || accountDisabledAt !== null || isOver) return undefined;
  return {
    accountId: key.accountId,
    keyId: key.id,
    firstKeyId: firstKeyIdOf(key),
    modelScope: key.modelScope === null ? null : new Set(key.modelScope),
    laneClass: key.laneClass,
    accountKind,
    budgets: budgetsOf(key),
    limits: limitsOf(key, accountLimits),
    addresses: key.allowedAddresses === null ? null : createAddressList(key.allowedAddresses),
    contentLogging: key.contentLogging,
  };
}

function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const id of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(id);
  }
}

/** One message for all: it tells nothing of what there is. */
export function invalidApiKey(): TeraError {
  return new TeraError(
    "invalid_api_key",
    "Incorrect or missing API key. Send a valid one as `Authorization: Bearer sk-tera-...`.",
  );
}

function unavailable(detail: string): TeraError {
  return new TeraError("database_unavailable", "The service cannot check API keys right now. Try again shortly.", {
    detail,
    retryAfterS: 2,
  });
}
