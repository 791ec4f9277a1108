/** A Postgres as `tera up` runs it: what it commits is on disk. */
import { join } from "node:path";
import { migrateDatabase } from "@tera/database";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@tera/embedded";
import type { Workbench } from "./workbench.ts";

/** @param name of its directory @returns migrated, and stopped with the workbench */
export async function openPostgres({ directory, guard, defer }: Workbench, name: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, name), guard, log: () => undefined });
  defer(() => postgres.stop());
  await migrateDatabase(postgres.url, { log: { info: () => undefined } });
  return postgres;
}
