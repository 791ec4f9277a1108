/** What OpenAPI tells of a route beside its schemas: what it is about, and the permission that it needs. */
import type { RouteOptions } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";

declare module "fastify" {
  interface FastifySchema {
    /** Told by the document, as the route's `config.permission` says. */
    "x-permission"?: FastifyContextConfig["permission"];
  }
}

type Document = Parameters<typeof jsonSchemaTransform>[0];

/** `x-permission` is what the route declares: a permission, or `signed-in`; a route for everybody has an empty `security`. */
export function describeOperation(
  document: Document & { route: RouteOptions },
): ReturnType<typeof jsonSchemaTransform> {
  const { schema: described, url } = jsonSchemaTransform(document);
  // `/admin/api/keys/:keyId` is under `keys`, `/admin/api/usage.csv` under `usage`.
  const [, , , resource = "other"] = url.split(/[/.]/);
  const schema = { ...described, tags: [resource] };
  const { permission, public: isPublic } = document.route.config ?? {};
  if (isPublic === true) return { schema: { ...schema, security: [] }, url };
  const needs = permission === "signed-in" ? "" : `Needs the permission \`${permission}\`.`;
  const description = [schema.description, needs].filter((part) => part).join("\n\n");
  return {
    schema: {
      ...schema,
      ...(description === "" ? {} : { description }),
      ...(permission === undefined ? {} : { "x-permission": permission }),
    },
    url,
  };
}
