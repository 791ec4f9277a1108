/**
 * The keys by which the playground speaks to the gateway: one for each person and account, made when it is first needed, good for a day, known to this process alone.
 * So what is tried there is limited, metered and charged as everything else.
 */
import { createKeyStore } from "@tera/access";
import type { Db } from "@tera/database";
import type { Invalidation } from "@tera/queue";
import type { Actor } from "../access/actor.ts";
import type { Change } from "../changes.ts";

const hourMs = 3_600_000;
const lifeMs = 24 * hourMs;
/** A key is not used in its last hour: a stream may take long. */
const renewBeforeMs = hourMs;

interface OpenKey {
  keyId: string;
  apiKey: Promise<string>;
  expiresAtMs: number;
}

export interface PlaygroundKeys {
  /** @returns a key of the account, for this person */
  open(actor: Actor, accountId: string): Promise<string>;
  /** Revokes them all. */
  close(): Promise<void>;
}

export function createPlaygroundKeys(options: {
  db: Db;
  change: Change;
  /** Keys are hashed under it, as the gateway does. */
  secret: string;
  tellGateways(message: Invalidation): Promise<void>;
}): PlaygroundKeys {
  const { db, change, secret, tellGateways } = options;
  const opened = new Map<string, OpenKey>();

  async function make(actor: Actor, accountId: string, entry: OpenKey): Promise<string> {
    const { apiKey, key } = await change(actor, async (tx) => {
      const made = await createKeyStore({ db: tx, secret }).createKey({
        accountId,
        name: `Playground of ${actor.name}`,
        purpose: "playground",
        expiresAt: new Date(entry.expiresAtMs),
      });
      const { id, name } = made.key;
      return {
        answer: made,
        entry: { action: "playground.open", objectKind: "key", objectId: id, objectName: name, accountId },
      };
    });
    entry.keyId = key.id;
    return apiKey;
  }

  return {
    async open(actor, accountId) {
      const name = JSON.stringify([actor.id, accountId]);
      const known = opened.get(name);
      if (known !== undefined && known.expiresAtMs - Date.now() > renewBeforeMs) return known.apiKey;
      const entry: OpenKey = { keyId: "", apiKey: Promise.resolve(""), expiresAtMs: Date.now() + lifeMs };
      entry.apiKey = make(actor, accountId, entry);
      opened.set(name, entry);
      // One that could not be made is not remembered.
      entry.apiKey.catch(() => opened.delete(name));
      return entry.apiKey;
    },
    async close() {
      const store = createKeyStore({ db, secret });
      for (const { keyId, apiKey } of opened.values()) {
        await apiKey.catch(() => undefined);
        if (keyId === "") continue;
        await store.revokeKey(keyId);
        await tellGateways({ type: "key", keyId });
      }
      opened.clear();
    },
  };
}
