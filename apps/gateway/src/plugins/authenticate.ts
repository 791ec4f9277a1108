/** `Authorization: Bearer sk-tera-...` becomes `request.principal`, before a byte of the body is read. Wrong keys are throttled by address, and a key's allow-list is asked. */
import type { Authenticator, Principal } from "@tera/access";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BadKeyThrottle } from "./bad-key-throttle.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route under this plugin. */
    principal: Principal | null;
  }
}

export interface AuthenticationOptions {
  authenticator: Pick<Authenticator, "authenticate" | "recall">;
  throttle: BadKeyThrottle;
}

export function registerAuthentication(app: FastifyInstance, { authenticator, throttle }: AuthenticationOptions): void {
  function authenticate(request: FastifyRequest): Principal | Promise<Principal> {
    const apiKey = readBearer(request.headers.authorization);
    if (!throttle.idle) {
      const waitMs = throttle.waitMs(request.ip);
      if (waitMs > 0 && authenticator.recall(apiKey) === undefined) throw tooManyWrongKeys(waitMs);
    }
    return authenticator.authenticate(apiKey);
  }

  function admit(request: FastifyRequest, principal: Principal): void {
    if (principal.addresses !== null && !principal.addresses.has(request.ip)) {
      throw new TeraError("address_not_allowed", `This API key may not be used from the address ${request.ip}.`);
    }
    request.principal = principal;
  }

  function refuse(request: FastifyRequest, error: unknown): Error {
    // Who sends no key is not guessing.
    if (error instanceof TeraError && error.code === "invalid_api_key" && request.headers.authorization !== undefined)
      throttle.count(request.ip);
    return error instanceof Error ? error : new Error(String(error));
  }

  app.decorateRequest("principal", null);
  app.addHook("onRequest", (request, _reply, next) => {
    try {
      const principal = authenticate(request);
      if (!(principal instanceof Promise)) {
        admit(request, principal);
        return next();
      }
      principal
        .then((found) => admit(request, found))
        .then(
          () => next(),
          (error: unknown) => next(refuse(request, error)),
        );
    } catch (error) {
      next(refuse(request, error));
    }
  });
}

function tooManyWrongKeys(waitMs: number): TeraError {
  const retryAfterS = Math.ceil(waitMs / 1_000);
  return new TeraError(
    "rate_limit_exceeded",
    `Too many wrong API keys came from this address. Check the key, and try again in ${retryAfterS} s.`,
    { retryAfterS },
  );
}

export function readBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}

/** The principal of a route under `registerAuthentication`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error("a route without authentication asked for its principal");
  return request.principal;
}
