/** `/admin/api/keys`: keys are found, made and changed. What ends or replaces one is in `key-actions.ts`. */
import { createAccountStore, createKeyStore, differences } from "@tera/access";
import {
  keyChangeSchema,
  keyDetailsSchema,
  keyListQuery,
  keyPageSchema,
  madeKeySchema,
  newKeySchema,
} from "@tera/admin-api/keys";
import type { Db } from "@tera/database";
import type { Invalidation } from "@tera/queue";
import { z } from "zod";
import { accountsInView, mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { readSettings } from "../keys/read-settings.ts";
import { readKey, readKeyDetails, readKeyPage, toSettings } from "../keys/render-key.ts";

export interface KeyDependencies {
  db: Db;
  /** Keys are hashed under it. */
  secret: string;
  change: Change;
  tellGateways(message: Invalidation): Promise<void>;
}

export const keyParams = z.object({ keyId: z.string().max(100) });

export function registerKeyRoutes(app: AdminApp, { db, secret, change, tellGateways }: KeyDependencies): void {
  app.get(
    "/keys",
    {
      config: { permission: "keys:read" },
      schema: { summary: "List keys", querystring: keyListQuery, response: { 200: keyPageSchema } },
    },
    async ({ query: { accountId, ...query }, actor }) =>
      readKeyPage(db, { ...query, accountIds: accountsInView(actor, accountId) ?? undefined }),
  );

  app.post(
    "/keys",
    {
      config: { permission: "keys:write" },
      schema: {
        summary: "Make a key",
        description: "The answer is the only one that the key itself is in.",
        body: newKeySchema,
        response: { 200: madeKeySchema },
      },
    },
    async ({ body: { accountId, name, ...settings }, actor }) => {
      mustSee(actor, accountId);
      const wanted = readSettings(actor, settings, undefined);
      const made = await change(actor, async (tx) => {
        if ((await createAccountStore({ db: tx }).findAccount(accountId)) === undefined) throw notFound("account");
        const answer = await createKeyStore({ db: tx, secret }).createKey({ ...wanted, accountId, name });
        const { id: objectId, lastFour } = answer.key;
        const object = { objectKind: "key", objectId, objectName: name, accountId };
        return { answer, entry: { action: "key.create", ...object, after: { ...toSettings(answer.key), lastFour } } };
      });
      return { secret: made.apiKey, key: await readKey(db, actor, made.key.id) };
    },
  );

  app.get(
    "/keys/:keyId",
    {
      config: { permission: "keys:read" },
      schema: { summary: "One key", params: keyParams, response: { 200: keyDetailsSchema } },
    },
    async ({ params, actor }) => readKeyDetails(db, actor, params.keyId),
  );

  app.patch(
    "/keys/:keyId",
    {
      config: { permission: "keys:write" },
      schema: {
        summary: "Change a key",
        description: "In effect on every gateway within a second. Budgets are those of all keys of its rotation.",
        params: keyParams,
        body: keyChangeSchema,
        response: { 200: keyDetailsSchema },
      },
    },
    async ({ params: { keyId }, body, actor }) => {
      const { state } = await readKey(db, actor, keyId);
      if (state === "revoked") throw new AdminError("conflict", "It was revoked for good. Make a new key.");
      const changedIds = await change(actor, async (tx) => {
        const store = createKeyStore({ db: tx, secret });
        const before = await store.findKey(keyId);
        const changed = await store.changeKey(keyId, readSettings(actor, body, before));
        if (before === undefined || changed === undefined) throw notFound("key");
        const { id, name, accountId } = changed.key;
        const states = { before: toSettings(before), after: toSettings(changed.key) };
        const object = { objectKind: "key", objectId: id, objectName: name, accountId };
        const isSame = differences(states.before, states.after).after === null;
        return {
          answer: changed.changedIds,
          entry: isSame ? undefined : { action: "key.change", ...object, ...states },
        };
      });
      for (const changedId of changedIds) await tellGateways({ type: "key", keyId: changedId });
      return readKeyDetails(db, actor, keyId);
    },
  );
}
