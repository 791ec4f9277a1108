/** The sign-in library's own endpoints under `/admin/auth`: what the browser's part of it speaks to. */
import type { Db } from "@tera/database";
import type { FastifyInstance } from "fastify";
import type { FindActor } from "../access/actor.ts";
import { type Auth, authPath } from "./auth.ts";
import { noteSignInChange, signInChangeOf } from "./note-sign-in-change.ts";
import { toAuthHeaders } from "./request-headers.ts";

export interface AuthRoutesOptions {
  auth: Auth;
  origin: string;
  db: Db;
  findActor: FindActor;
}

export function registerAuthRoutes(app: FastifyInstance, { auth, origin, db, findActor }: AuthRoutesOptions): void {
  app.route({
    method: ["GET", "POST"],
    url: `${authPath}/*`,
    config: { public: true },
    schema: { hide: true },
    async handler(request, reply) {
      const change = request.method === "POST" ? signInChangeOf(request.url) : undefined;
      // As they are before it: a new password ends the session that it was asked with.
      const actor = change === undefined ? undefined : await findActor(request);
      const hasBody = request.method === "POST" && request.body !== undefined && request.body !== null;
      const answer = await auth.handler(
        new Request(new URL(request.url, origin), {
          method: request.method,
          headers: toAuthHeaders(request),
          ...(hasBody ? { body: JSON.stringify(request.body) } : {}),
        }),
      );
      if (answer.ok && change !== undefined && actor !== undefined) await noteSignInChange(db, actor, change);
      for (const [name, value] of answer.headers) if (name !== "set-cookie") reply.header(name, value);
      for (const cookie of answer.headers.getSetCookie()) reply.header("set-cookie", cookie);
      return reply.code(answer.status).send(answer.body === null ? null : Buffer.from(await answer.arrayBuffer()));
    },
  });
}
