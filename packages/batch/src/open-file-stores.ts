/** The one place that decides where the bytes of files are: every part that reads or writes files asks here. */
import type { Db } from "@tera/database";
import { ConfigError, randomBase62, TeraError } from "@tera/protocol";
import type { S3Settings } from "./file-settings.ts";
import { createFileStore, type FileStore } from "./file-store.ts";
import { createPostgresContent } from "./postgres-content.ts";

export interface FileStores {
  /** @param db whose pool the store uses. */
  on(db: Db): FileStore;
  /** @throws {ConfigError} when nothing can be written, read and removed where files go: what to do. */
  check(): Promise<void>;
  close(): void;
}

/** @param s3 undefined: new files go to Postgres. Files that are elsewhere already stay there, and are found. */
export async function openFileStores(s3: S3Settings | undefined): Promise<FileStores> {
  if (s3 === undefined) {
    return {
      on: (db) => createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } }),
      check: async () => undefined,
      close: () => undefined,
    };
  }
  // Its client takes a while to load.
  const { createS3Content } = await import("./s3-content.ts");
  const content = createS3Content(s3);
  return {
    on: (db) =>
      createFileStore({ db, storage: "s3", contents: { postgres: createPostgresContent({ db }), s3: content } }),
    async check() {
      const id = `check-${randomBase62(24)}`;
      try {
        await content.write(id, oneByte());
        for await (const _piece of content.read(id));
        await content.remove(id);
      } catch (error) {
        if (!(error instanceof TeraError)) throw error;
        throw new ConfigError(`Files cannot be kept: ${error.detail}`, { cause: error });
      }
    },
    close: () => content.close(),
  };
}

async function* oneByte(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("x");
}
