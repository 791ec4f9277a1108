/** The sign-in library's own endpoints under `/admin/auth`: what the browser's part of it speaks to. */
import type { FastifyInstance } from "fastify";
import { type Auth, authPath } from "./auth.ts";
import { toAuthHeaders } from "./request-headers.ts";

export function registerAuthRoutes(app: FastifyInstance, { auth, origin }: { auth: Auth; origin: string }): void {
  app.route({
    method: ["GET", "POST"],
    url: `${authPath}/*`,
    config: { public: true },
    schema: { hide: true },
    async handler(request, reply) {
      const hasBody = request.method === "POST" && request.body !== undefined && request.body !== null;
      const answer = await auth.handler(
        new Request(new URL(request.url, origin), {
          method: request.method,
          headers: toAuthHeaders(request),
          ...(hasBody ? { body: JSON.stringify(request.body) } : {}),
        }),
      );
      for (const [name, value] of answer.headers) if (name !== "set-cookie") reply.header(name, value);
      for (const cookie of answer.headers.getSetCookie()) reply.header("set-cookie", cookie);
      return reply.code(answer.status).send(answer.body === null ? null : Buffer.from(await answer.arrayBuffer()));
    },
  });
}
