/** `Authorization: Bearer sk-tera-...` becomes `request.principal`, before a byte of the body is read. */
import type { Authenticator, Principal } from "@tera/access";
import type { FastifyInstance, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route under this plugin. */
    principal: Principal | null;
  }
}

export function registerAuthentication(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest("principal", null);
  app.addHook("onRequest", (request, _reply, next) => {
    try {
      const principal = authenticator.authenticate(readBearer(request.headers.authorization));
      if (!(principal instanceof Promise)) {
        request.principal = principal;
        return next();
      }
      principal.then((found) => {
        request.principal = found;
        next();
      }, next);
    } catch (error) {
      next(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function readBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}

/** The principal of a route under `registerAuthentication`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error("a route without authentication asked for its principal");
  return request.principal;
}
