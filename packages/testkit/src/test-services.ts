/** Databases and Redis servers for a test file, borrowed from vitest's main process, see vitest-setup.ts. */
import { z } from "zod";
import type { TestDatabase, TestRedis, TestServices } from "./services.ts";

const databaseSchema = z.object({ id: z.string(), url: z.string() });
const redisSchema = databaseSchema.extend({ pid: z.number() });

/** A fresh, migrated database of one's own. Give it back: `afterAll(() => database.drop())`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { id, url } = databaseSchema.parse(await ask("POST", "database"));
  return {
    url,
    async drop() {
      await ask("DELETE", id);
    },
  };
}

/** An empty Redis server of one's own. Give it back: `afterAll(() => redis.stop())`. */
export async function createTestRedis(): Promise<TestRedis> {
  const { id, url, pid } = redisSchema.parse(await ask("POST", "redis"));
  return {
    url,
    pid,
    async stop() {
      await ask("DELETE", id);
    },
  };
}

export const vitestServices: TestServices = { createDatabase: createTestDatabase, createRedis: createTestRedis };

async function ask(method: string, path: string): Promise<unknown> {
  // Imported here, because vitest can be imported by its own workers only and benchmarks share this package.
  const { inject } = await import("vitest");
  const response = await fetch(`${inject("testServicesUrl")}/${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`test services: ${method} ${path} failed: ${text}`);
  return JSON.parse(text);
}

declare module "vitest" {
  export interface ProvidedContext {
    testServicesUrl: string;
  }
}
