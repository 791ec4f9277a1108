/**
 * A database of one's own for a test file, borrowed from the test run's Postgres (testkit's vitest-setup.ts, which also notices what is not given
 * back). For the packages that testkit builds on; all others take it from testkit.
 */
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    testServicesUrl: string;
  }
}

export interface TestDatabase {
  /** `postgresql://...`, fresh and migrated. */
  url: string;
  /** Also with connections open. */
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const lent = await ask("POST", "database");
  if (typeof lent !== "object" || lent === null || !("id" in lent) || !("url" in lent)) {
    throw new Error("test services: a database without an id and a URL");
  }
  const { id, url } = lent;
  return {
    url: String(url),
    async drop() {
      await ask("DELETE", String(id));
    },
  };
}

async function ask(method: string, path: string): Promise<unknown> {
  const response = await fetch(`${inject("testServicesUrl")}/${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`test services: ${method} ${path} failed: ${text}`);
  return JSON.parse(text);
}
