/**
 * How far a key is in its limits, on every answer to it. What the exchange answers carries what admission saw; for all else (errors before admission, listings) it is looked
 * up here, without counting.
 */
import type { FastifyInstance } from "fastify";
import { type LimitState, limitHeaders } from "../limits/limit-state.ts";
import type { Limiter } from "../limits/limiter.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** As admission saw it; null before, and for keys without limits. */
    limitState: LimitState | null;
  }
}

/** To be registered after the authentication. */
export function registerLimitHeaders(app: FastifyInstance, limiter: Pick<Limiter, "look">): void {
  app.decorateRequest("limitState", null);
  app.addHook("onSend", (request, reply, _payload, next) => {
    const { principal, limitState } = request;
    if (principal === null || principal.limits.length === 0) return next();
    if (limitState !== null) {
      reply.headers(limitHeaders(limitState));
      return next();
    }
    limiter.look(principal).then((state) => {
      reply.headers(limitHeaders(state));
      next();
    }, next);
  });
}
