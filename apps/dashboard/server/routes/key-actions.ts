/** `/admin/api/keys/{id}/rotate`, `disable`, `enable`, `revoke`: in effect on every gateway within a second. */
import { createKeyStore, differences, type KeyStore, type KeySummary, type Rotated } from "@tera/access";
import { keyDetailsSchema, keyRevocationSchema, keyRotationSchema, madeKeySchema } from "@tera/admin-api/keys";
import type { Actor } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError, notFound } from "../errors.ts";
import { readExpiry } from "../keys/read-settings.ts";
import { readKey, readKeyDetails } from "../keys/render-key.ts";
import { type KeyDependencies, keyParams } from "./keys.ts";

const hourMs = 3_600_000;
const closedByOperator = "The operator has disabled this key, and only they can enable it. Ask them why.";

export function registerKeyActions(app: AdminApp, { db, secret, change, tellGateways }: KeyDependencies): void {
  /** @throws {AdminError} `not_found` */
  async function act(
    actor: Actor,
    keyId: string,
    action: "disable" | "enable" | "revoke",
    work: (store: KeyStore) => Promise<KeySummary | undefined>,
  ): Promise<void> {
    await change(actor, async (tx) => {
      const store = createKeyStore({ db: tx, secret });
      const before = await store.findKey(keyId);
      const after = await work(store);
      if (before === undefined || after === undefined) throw notFound("key");
      const states = { before: toState(before), after: toState(after) };
      const isSame = differences(states.before, states.after).after === null;
      return {
        answer: undefined,
        entry: isSame ? undefined : { action: `key.${action}`, ...describe(after), ...states },
      };
    });
  }

  app.post(
    "/keys/:keyId/rotate",
    {
      config: { permission: "keys:write" },
      schema: {
        summary: "Put a new key in the place of a key",
        description:
          "With the same settings, and the same budgets: rotating neither doubles nor renews them. The answer is the only one that the new key itself is in.",
        params: keyParams,
        body: keyRotationSchema,
        response: { 200: madeKeySchema },
      },
    },
    async ({ params: { keyId }, body, actor }) => {
      await readKey(db, actor, keyId);
      const expiresAt = readExpiry(body.expiresAt, undefined);
      const rotated = await change(actor, async (tx) => {
        const store = createKeyStore({ db: tx, secret });
        const before = await store.findKey(keyId);
        const answer = await store.rotateKey({ keyId, overlapMs: Math.round(body.overlapHours * hourMs), expiresAt });
        if (before === undefined || answer.outcome === "unknown") throw notFound("key");
        if (answer.outcome !== "rotated") throw new AdminError("conflict", whyNot(answer));
        const states = { before: toState(before), after: toState(answer.old) };
        return { answer, entry: { action: "key.rotate", ...describe(before), ...states } };
      });
      await tellGateways({ type: "key", keyId });
      return { secret: rotated.apiKey, key: await readKey(db, actor, rotated.key.id) };
    },
  );

  for (const action of ["disable", "enable"] as const) {
    app.post(
      `/keys/:keyId/${action}`,
      {
        config: { permission: "keys:write" },
        schema: {
          summary: action === "disable" ? "Close a key for a while" : "Open it again",
          description:
            action === "disable"
              ? "What is under way goes on."
              : "What the operator has closed, a customer cannot open.",
          params: keyParams,
          response: { 200: keyDetailsSchema },
        },
      },
      async ({ params: { keyId }, actor }) => {
        const { state } = await readKey(db, actor, keyId);
        if (state === "revoked") throw new AdminError("conflict", "It was revoked for good. Make a new key.");
        const side = actor.accounts === null ? "operator" : "customer";
        await act(actor, keyId, action, async (store) => {
          if (action === "disable") return store.disableKey(keyId, side);
          const after = await store.enableKey(keyId, side);
          if (after !== undefined && after.disabledAt !== null) throw new AdminError("forbidden", closedByOperator);
          return after;
        });
        await tellGateways({ type: "key", keyId });
        return readKeyDetails(db, actor, keyId);
      },
    );
  }

  app.post(
    "/keys/:keyId/revoke",
    {
      config: { permission: "keys:write" },
      schema: {
        summary: "End a key for good",
        description:
          "What waits for a slot ends with 401. Revoking once more changes nothing, but can still end streams.",
        params: keyParams,
        body: keyRevocationSchema,
        response: { 200: keyDetailsSchema },
      },
    },
    async ({ params: { keyId }, body, actor }) => {
      await readKey(db, actor, keyId);
      await act(actor, keyId, "revoke", (store) => store.revokeKey(keyId));
      await tellGateways({ type: "key", keyId, end: body.endStreams ? "all" : "waiting" });
      return readKeyDetails(db, actor, keyId);
    },
  );
}

function describe({ id, name, accountId }: KeySummary) {
  return { objectKind: "key", objectId: id, objectName: name, accountId };
}

/** What these actions change. */
function toState({ disabledAt, disabledByCustomer, revokedAt, expiresAt, successorId }: KeySummary) {
  return { disabledAt, disabledByCustomer, revokedAt, expiresAt, successorId };
}

function whyNot(rotated: Exclude<Rotated, { outcome: "rotated" | "unknown" }>): string {
  switch (rotated.outcome) {
    case "revoked":
      return "It was revoked: nothing takes its place. Make a new key.";
    case "expired":
      return "It has expired. Give it a new end first, then rotate it.";
    case "disabled":
      return "It is disabled. Enable it first, then rotate it.";
    case "rotatedBefore":
      return `It was rotated before: rotate its successor ${rotated.old.successorId} instead.`;
  }
}
