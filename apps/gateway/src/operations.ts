/** The operations listener: health and metrics, apart from the public API. */
import type { Registry } from "@tera/telemetry";
import Fastify, { type FastifyInstance } from "fastify";
import { type HealthChecks, registerHealthRoutes } from "./routes/health.ts";

export function createOperationsApp(checks: HealthChecks, registry: Registry): FastifyInstance {
  const app = Fastify({ logger: false });
  registerHealthRoutes(app, checks);
  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  return app;
}
