/** A database of one's own for a test file, borrowed from the test run's Postgres. */
import { askTestServices } from "./lent-service.ts";

export interface TestDatabase {
  /** `postgresql://...`, fresh, with every migration applied. */
  readonly url: string;
  /** Also with connections open. */
  drop(): Promise<void>;
}

/** Give it back: `afterAll(() => database.drop())`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const lent = await askTestServices("POST", "database");
  if (typeof lent !== "object" || lent === null || !("id" in lent) || !("url" in lent)) {
    throw new Error("test services: a database without an id and a URL");
  }
  const { id, url } = lent;
  return {
    url: String(url),
    async drop() {
      await askTestServices("DELETE", String(id));
    },
  };
}
