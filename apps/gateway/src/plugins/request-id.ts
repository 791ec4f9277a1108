/** Every response, errors too, carries the request's id, made by the server. */
import type { FastifyInstance } from "fastify";

/** The headers that name a request; also for answers that are written without Fastify. */
export function requestIdHeaders(requestId: string): Record<string, string> {
  return { "x-request-id": requestId, "x-tera-request-id": requestId };
}

export function registerRequestId(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, next) => {
    reply.headers(requestIdHeaders(request.id));
    next();
  });
}
