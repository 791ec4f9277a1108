/** Keys and accounts in Postgres, as commands change them: each change with its entry in the audit log. */
import {
  type AuditActor,
  type AuditEntry,
  changeAudited,
  createKeyStore,
  differences,
  type KeyStore,
  type KeySummary,
} from "@tera/access";
import type { Db } from "@tera/database";
import { toKeySettings } from "../remote/key-settings.ts";
import type { CommandKeys } from "./command-stores.ts";
import { createStoredAccounts } from "./stored-accounts.ts";

export interface StoredKeysOptions {
  db: Db;
  /** Keys are hashed under it. */
  secret: string;
  actor: AuditActor;
}

export function createStoredKeys({ db, secret, actor }: StoredKeysOptions): CommandKeys {
  const { findByHash: _, ...reading } = createKeyStore({ db, secret });

  async function act(
    keyId: string,
    action: "disable" | "enable" | "revoke",
    work: (store: KeyStore) => Promise<KeySummary | undefined>,
  ): Promise<KeySummary | undefined> {
    return changeAudited(db, actor, async (tx) => {
      const store = createKeyStore({ db: tx, secret });
      const before = await store.findKey(keyId);
      const after = await work(store);
      return {
        answer: after,
        entry: after && entryOf(`key.${action}`, after, before && toState(before), toState(after)),
      };
    });
  }

  return {
    ...reading,
    ...createStoredAccounts({ db, actor }),
    async createKey(options) {
      return changeAudited(db, actor, async (tx) => {
        const made = await createKeyStore({ db: tx, secret }).createKey(options);
        const after = { ...toKeySettings(made.key), lastFour: made.key.lastFour };
        return { answer: made, entry: entryOf("key.create", made.key, undefined, after) };
      });
    },
    async changeKey(keyId, change) {
      return changeAudited(db, actor, async (tx) => {
        const store = createKeyStore({ db: tx, secret });
        const before = await store.findKey(keyId);
        const changed = await store.changeKey(keyId, change);
        if (changed === undefined) return { answer: changed, entry: undefined };
        const { key } = changed;
        const entry = entryOf("key.change", key, before && toKeySettings(before), toKeySettings(key));
        return { answer: changed, entry };
      });
    },
    async rotateKey(rotation) {
      return changeAudited(db, actor, async (tx) => {
        const store = createKeyStore({ db: tx, secret });
        const before = await store.findKey(rotation.keyId);
        const rotated = await store.rotateKey(rotation);
        const entry =
          rotated.outcome === "rotated"
            ? entryOf("key.rotate", rotated.old, before && toState(before), toState(rotated.old))
            : undefined;
        return { answer: rotated, entry };
      });
    },
    disableKey: (keyId) => act(keyId, "disable", (store) => store.disableKey(keyId)),
    enableKey: (keyId) => act(keyId, "enable", (store) => store.enableKey(keyId)),
    revokeKey: (keyId) => act(keyId, "revoke", (store) => store.revokeKey(keyId)),
  };
}

/** Undefined: nothing differs. */
function entryOf(
  action: string,
  { id, name, accountId }: KeySummary,
  before: object | undefined,
  after: object,
): AuditEntry | undefined {
  if (before !== undefined && differences(before, after).after === null) return undefined;
  return { action, objectKind: "key", objectId: id, objectName: name, accountId, before, after };
}

/** What ends or replaces a key. */
function toState({ disabledAt, disabledByCustomer, revokedAt, expiresAt, successorId }: KeySummary) {
  return { disabledAt, disabledByCustomer, revokedAt, expiresAt, successorId };
}
