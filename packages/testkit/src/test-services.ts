/** Databases and Redis servers for a test file, borrowed from vitest's main process, see vitest-setup.ts. */
import { askTestServices, createTestDatabase } from "@tera/database/testing";
import { z } from "zod";
import type { TestRedis, TestServices } from "./services.ts";

const redisSchema = z.object({ id: z.string(), url: z.string(), pid: z.number() });

/** An empty Redis server of one's own. Give it back: `afterAll(() => redis.stop())`. */
export async function createTestRedis(): Promise<TestRedis> {
  const { id, url, pid } = redisSchema.parse(await askTestServices("POST", "redis"));
  return {
    url,
    pid,
    async stop() {
      await askTestServices("DELETE", id);
    },
  };
}

export const vitestServices: TestServices = { createDatabase: createTestDatabase, createRedis: createTestRedis };
