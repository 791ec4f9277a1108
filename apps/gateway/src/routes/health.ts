/** Liveness (the process answers) and readiness (it can serve: Redis and Postgres are there, and it is not draining). */
import type { FastifyInstance } from "fastify";

export interface HealthChecks {
  redis(): boolean;
  /** Resolves to false when Postgres does not answer soon. */
  postgres(): Promise<boolean>;
  draining(): boolean;
}

export function registerHealthRoutes(app: FastifyInstance, checks: HealthChecks): void {
  app.get("/health/live", () => ({ status: "ok" }));
  app.get("/health/ready", async (_request, reply) => {
    const redis = checks.redis();
    const postgres = await checks.postgres();
    const draining = checks.draining();
    const ready = redis && postgres && !draining;
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ok" : "unavailable", redis, postgres, draining });
  });
}
