/** The Admin API described: OpenAPI made from the schemas of its routes, and a page to read and try it. */
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";

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
    transform: jsonSchemaTransform,
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: referencePath,
    staticCSP: {
      "default-src": "'none'",
      "script-src": "'self'",
      "style-src": "'self'",
      "img-src": "'self' data:",
      "connect-src": "'self'",
      "frame-ancestors": "'none'",
      "base-uri": "'none'",
    },
  });
}
