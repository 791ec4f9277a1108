/** `/admin/api/files`: what a batch is to read comes as the body, and is streamed to where files are kept. */
import { Readable } from "node:stream";
import { createAccountStore } from "@tera/access";
import { newFileQuery, uploadedFileSchema, uploadMediaType } from "@tera/admin-api/files";
import {
  checkSize,
  createUploadDesk,
  type FileStore,
  type Upload,
  type UploadPatience,
  type UploadRules,
} from "@tera/batch";
import type { Db } from "@tera/database";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";

export interface FileDependencies {
  db: Db;
  change: Change;
  files: Pick<FileStore, "upload" | "countBytes">;
  uploadRules: UploadRules;
  patience: Pick<UploadPatience, "watch">;
}

const fileBody = z.instanceof(Readable).meta({ type: "string", format: "binary" });

export function registerFileRoutes(app: AdminApp, dependencies: FileDependencies): void {
  const { db, change, files, uploadRules, patience } = dependencies;
  const desk = createUploadDesk({ files, rules: uploadRules });

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Nobody reads it before the route does: it is never in memory as a whole.
    scope.addContentTypeParser(uploadMediaType, (_request, payload, done) => done(null, payload));

    scope.withTypeProvider<ZodTypeProvider>().post(
      "/files",
      {
        config: { permission: "batches:write" },
        schema: {
          summary: "Upload a file for a batch",
          description:
            "JSON Lines in the format of OpenAI's Batch API, as the body. The first line that is not in it is named, and nothing is kept. The limits are those of `/v1/files`.",
          consumes: [uploadMediaType],
          querystring: newFileQuery,
          body: fileBody,
          response: { 200: uploadedFileSchema },
        },
      },
      async ({ query: { accountId, filename }, body, actor, raw, headers }) => {
        const watched = patience.watch(raw);
        let upload: Upload | undefined;
        try {
          mustSee(actor, accountId);
          if ((await createAccountStore({ db }).findAccount(accountId)) === undefined) throw notFound("account");
          checkSize(Number(headers["content-length"] ?? 0), uploadRules.fileMaxBytes);
          // The answer to a file that is refused goes out on the same connection.
          const pieces = body.iterator({ destroyOnReturn: false });
          const kept = await desk.take(accountId, pieces);
          upload = kept;
          watched.end();
          const expiresAt = new Date(Date.now() + uploadRules.retentionMs);
          return await change(actor, async (tx) => {
            const { id, bytes } = await kept.keep({ accountId, purpose: "batch", filename, expiresAt }, tx);
            const object = { objectKind: "file", objectId: id, objectName: filename, accountId };
            return {
              answer: { id, accountId, name: filename, bytes, expiresAt: expiresAt.toISOString() },
              entry: { action: "file.upload", ...object, after: { bytes } },
            };
          });
        } catch (cause) {
          watched.refuse();
          await upload?.discard();
          throw raw.destroyed && !raw.complete
            ? new AdminError("invalid_request", "The upload ended before all of the file was here.", { cause })
            : cause;
        }
      },
    );
  });
}
