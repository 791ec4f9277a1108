/** `/admin/api/tokens`: admin tokens, made, listed, revoked. */
import { type AdminTokenSummary, createAdminTokenStore } from "@tera/access";
import { permissionsOf } from "@tera/admin-api/roles";
import {
  type AdminToken,
  adminTokenListSchema,
  adminTokenSchema,
  madeAdminTokenSchema,
  newAdminTokenSchema,
} from "@tera/admin-api/tokens";
import type { Db } from "@tera/database";
import { z } from "zod";
import { may } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";

export function registerTokenRoutes(app: AdminApp, { db, change }: { db: Db; change: Change }): void {
  app.get(
    "/tokens",
    {
      config: { permission: "tokens:read" },
      schema: { summary: "List admin tokens", response: { 200: adminTokenListSchema } },
    },
    async () => ({ items: (await createAdminTokenStore({ db }).listTokens()).map(toToken) }),
  );

  app.post(
    "/tokens",
    {
      config: { permission: "tokens:write" },
      schema: { summary: "Make an admin token", body: newAdminTokenSchema, response: { 200: madeAdminTokenSchema } },
    },
    async ({ body: { expiresAt, ...body }, actor }) => {
      const missing = permissionsOf(body.role).filter((permission) => !may(actor, permission));
      if (missing.length > 0 || (body.role === "owner" && actor.role !== "owner")) {
        throw new AdminError("forbidden", "A token may do no more than who makes it.");
      }
      return change(actor, async (tx) => {
        const { token, summary } = await createAdminTokenStore({ db: tx }).createToken({
          ...body,
          createdBy: actor.name,
          expiresAt: expiresAt === null ? null : new Date(expiresAt),
        });
        const { role, accountId } = summary;
        const entry = { action: "token.create", ...describe(summary), after: { role, accountId, expiresAt } };
        return { answer: { token, summary: toToken(summary) }, entry };
      });
    },
  );

  app.delete(
    "/tokens/:tokenId",
    {
      config: { permission: "tokens:write" },
      schema: {
        summary: "Revoke an admin token",
        params: z.object({ tokenId: z.string() }),
        response: { 200: adminTokenSchema },
      },
    },
    async ({ params: { tokenId }, actor }) =>
      change(actor, async (tx) => {
        const revoked = await createAdminTokenStore({ db: tx }).revokeToken(tokenId);
        if (revoked === undefined) throw notFound("token that is still good");
        if (revoked.role === "owner" && actor.role !== "owner") {
          throw new AdminError("forbidden", "Only an owner may revoke an owner's token.");
        }
        return { answer: toToken(revoked), entry: { action: "token.revoke", ...describe(revoked) } };
      }),
  );
}

function describe({ id, name }: AdminTokenSummary) {
  return { objectKind: "token", objectId: id, objectName: name };
}

function toToken({ createdAt, expiresAt, revokedAt, lastUsedAt, ...token }: AdminTokenSummary): AdminToken {
  return {
    ...token,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
