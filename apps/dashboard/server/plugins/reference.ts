/** The Admin API described: OpenAPI made from the schemas of its routes, and a page to read and try it. */
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { describeOperation } from "./describe-operation.ts";

export const referencePath = "/admin/reference";

/** Before the routes that it describes, and before the authorization: the page shows nothing that is not in the source code. */
export async function registerReference(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Tera Admin API",
        version: "1",
        description: "Everything that the dashboard does. Scripts send `Authorization: Bearer tera-admin-...`.",
      },
      components: { securitySchemes: { adminToken: { type: "http", scheme: "bearer" } } },
      security: [{ adminToken: [] }],
    },
    transform: describeOperation,
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: referencePath,
    theme: { title: "Tera Admin API", css: [{ filename: "tera.css", content: ".topbar { display: none }" }] },
    staticCSP: {
      "default-src": "'none'",
      "script-src": "'self'",
      // The hash is of a style that Swagger UI puts into its page by itself.
      "style-src": "'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
      "img-src": "'self' data:",
      "connect-src": "'self'",
      "frame-ancestors": "'none'",
      "base-uri": "'none'",
    },
  });
}
