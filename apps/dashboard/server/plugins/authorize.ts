/**
 * Who may: every route names the permission that it needs, or says that it is for everybody; one that says neither is not registered.
 *
 * A change by a browser must come from our own page: its Origin is compared. Tokens are no cookies, and need none of that.
 */

import type { Permission } from "@tera/admin-api/roles";
import type { FastifyInstance } from "fastify";
import { type Actor, type FindActor, may } from "../access/actor.ts";
import { AdminError } from "../errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the actor must be allowed; `signed-in`: nothing in particular. */
    permission?: Permission | "signed-in";
    /** For everybody, also who is not signed in. */
    public?: boolean;
  }
  interface FastifyRequest {
    /** Only to be read by routes with a permission. */
    actor: Actor;
  }
}

const reading = new Set(["GET", "HEAD", "OPTIONS"]);

export function registerAuthorization(
  app: FastifyInstance,
  { findActor, origin }: { findActor: FindActor; origin: string },
): void {
  app.decorateRequest("actor");

  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.public === true || config?.permission !== undefined) return;
    throw new Error(`${String(method)} ${url} does not say who may use it`);
  });

  app.addHook("onRequest", async (request) => {
    const { permission, public: isPublic } = request.routeOptions.config;
    const isChange = !reading.has(request.method);
    if (isChange && request.headers.authorization === undefined && request.headers.origin !== origin) {
      throw new AdminError("forbidden", `Changes are accepted from ${origin} only. Open the dashboard there.`);
    }
    if (isPublic === true || permission === undefined) return;
    const actor = await findActor(request);
    if (actor === undefined) throw new AdminError("unauthenticated", "Sign in first.");
    request.actor = actor;
    if (permission !== "signed-in" && !may(actor, permission)) {
      throw new AdminError(
        "forbidden",
        `This needs the permission ${permission}, which the role ${actor.role} has not.`,
      );
    }
  });
}
