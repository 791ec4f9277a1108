/** Every operation of the Admin API with the permission that it declares, as its OpenAPI document and the router tell it. */

import { permissionSchema } from "@tera/admin-api/roles";
import type { FastifyInstance } from "fastify";
import { z } from "zod";

export const methods = ["get", "post", "put", "patch", "delete"] as const;

const operationSchema = z.object({
  summary: z.string(),
  parameters: z.array(z.object({ in: z.string(), name: z.string() })).default([]),
  security: z.array(z.unknown()).optional(),
  "x-permission": z.union([permissionSchema, z.literal("signed-in")]).optional(),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(methods), operationSchema)),
});

export interface Operation {
  /** `GET /keys/{keyId}`, below `/admin/api`. */
  name: string;
  method: Uppercase<(typeof methods)[number]>;
  /** `/keys/{keyId}` */
  path: string;
  permission: z.infer<typeof permissionSchema> | "signed-in" | "everybody";
  /** Its list can be narrowed to one account. */
  takesAccount: boolean;
}

const prefix = "/admin/api";

export async function readOperations(app: FastifyInstance): Promise<Operation[]> {
  const { paths } = documentSchema.parse((await app.inject(`${prefix}/openapi.json`)).json());
  return Object.entries(paths).flatMap(([fullPath, operations]) =>
    methods.flatMap((method): Operation[] => {
      const operation = operations[method];
      if (operation === undefined) return [];
      const path = fullPath.slice(prefix.length);
      const upper = method.toUpperCase() as Uppercase<typeof method>;
      const isPublic = operation.security?.length === 0;
      const permission = isPublic ? "everybody" : operation["x-permission"];
      if (permission === undefined) throw new Error(`${upper} ${path} does not say who may use it`);
      const takesAccount = operation.parameters.some((one) => one.in === "query" && one.name === "accountId");
      return [{ name: `${upper} ${path}`, method: upper, path, permission, takesAccount }];
    }),
  );
}

/** What the router serves below the prefix, as `GET /keys/{keyId}`: also what the document hides. */
export function readRoutes(app: FastifyInstance): string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const route = /^([│├└─\s]*)(\S+) \(([A-Z, ]+)\)/.exec(line);
      if (route === null) return [];
      const [, indent = "", part = "", served = ""] = route;
      const depth = indent.length / 4 - 1;
      above.splice(depth, above.length, part);
      const path = above.join("");
      if (!path.startsWith(prefix)) return [];
      const name = path.slice(prefix.length).replaceAll(/:(\w+)/g, "{$1}");
      return served
        .split(", ")
        .filter((method) => method !== "HEAD" && method !== "OPTIONS")
        .map((method) => `${method} ${name}`);
    });
}
