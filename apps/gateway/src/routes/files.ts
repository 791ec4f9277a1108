/** `/v1/files`, as OpenAI's clients know it: what batches read, and what they wrote. Bytes are streamed both ways. */
import { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import {
  type BatchStore,
  createUploadDesk,
  type FileStore,
  type Upload,
  type UploadPatience,
  type UploadRules,
} from "@tera/batch";
import { type File, filePurposes } from "@tera/database";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseBody } from "../dialects/parse-body.ts";
import { principalOf } from "../plugins/authenticate.ts";

const listMax = 10_000;
const filenameMax = 255;
/** OpenAI's bounds of `expires_after`. Seconds. */
const expiryMin = 3_600;
const expiryMax = 2_592_000;

export interface FileRoutesOptions {
  files: FileStore;
  batches: Pick<BatchStore, "listReading">;
  uploadRules: UploadRules;
}

export interface FileRoutesDependencies extends FileRoutesOptions {
  patience: Pick<UploadPatience, "watch">;
}

const listSchema = z.strictObject({
  purpose: z.enum(filePurposes).optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(listMax).default(listMax),
  order: z.enum(["asc", "desc"]).default("desc"),
});

/** What comes beside the file; names as OpenAI's clients flatten them. */
const fieldsSchema = z.strictObject({
  purpose: z.literal("batch", { error: "must be `batch`: no other is offered" }),
  "expires_after[anchor]": z.literal("created_at").optional(),
  "expires_after[seconds]": z.coerce.number().int().min(expiryMin).max(expiryMax).optional(),
});

export function registerFileRoutes(app: FastifyInstance, options: FileRoutesDependencies): void {
  const { files, batches, uploadRules, patience } = options;
  const desk = createUploadDesk({ files, rules: uploadRules });
  void app.register(multipart, {
    limits: { files: 1, fields: 8, fieldSize: 1_024, fileSize: uploadRules.fileMaxBytes + 1 },
  });

  app.post("/v1/files", async (request) => {
    const { accountId } = principalOf(request);
    if (!request.isMultipart()) {
      throw new TeraError("unsupported_media_type", "Send the file as multipart/form-data, with the field `file`.");
    }
    const fields: Record<string, unknown> = {};
    let upload: Upload | undefined;
    let filename = "upload.jsonl";
    const watched = patience.watch(request.raw);
    try {
      for await (const part of request.parts()) {
        if (part.type === "field") fields[part.fieldname] = part.value;
        else if (part.fieldname === "file") {
          filename = part.filename.slice(0, filenameMax) || filename;
          upload = await desk.take(accountId, part.file);
        } else throw new TeraError("invalid_request", `Unknown file field \`${part.fieldname.slice(0, 100)}\`.`);
      }
      watched.end();
      const values = parseBody(fieldsSchema, fields);
      if (upload === undefined)
        throw new TeraError("invalid_request", "The field `file` is missing.", { param: "file" });
      const seconds = values["expires_after[seconds]"];
      const keptMs = seconds === undefined ? uploadRules.retentionMs : seconds * 1_000;
      const expiresAt = new Date(Date.now() + keptMs);
      const { purpose } = values;
      return renderFile(await upload.keep({ accountId, purpose, filename, expiresAt }));
    } catch (error) {
      watched.refuse();
      await upload?.discard();
      throw error;
    }
  });

  app.get("/v1/files", async (request) => {
    const query = parseBody(listSchema, request.query);
    const found = await files.list({
      ...query,
      accountId: principalOf(request).accountId,
      limit: query.limit + 1,
    });
    const data = found.slice(0, query.limit).map(renderFile);
    return {
      object: "list",
      data,
      first_id: data.at(0)?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: found.length > query.limit,
    };
  });

  app.get<{ Params: { id: string } }>("/v1/files/:id", async (request) =>
    renderFile(await find(principalOf(request).accountId, request.params.id)),
  );

  app.get<{ Params: { id: string } }>("/v1/files/:id/content", async (request, reply) => {
    const found = await find(principalOf(request).accountId, request.params.id);
    return reply
      .header("content-type", "application/jsonl")
      .header("content-length", found.bytes)
      .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(found.filename)}`)
      .send(Readable.from(files.read(found)));
  });

  app.delete<{ Params: { id: string } }>("/v1/files/:id", async (request) => {
    const { accountId } = principalOf(request);
    const { id } = await find(accountId, request.params.id);
    const [reading] = await batches.listReading(id);
    if (reading !== undefined) {
      throw new TeraError("invalid_request", `The batch ${reading} still reads this file. Cancel it first.`);
    }
    await files.remove(accountId, id);
    return { id, object: "file", deleted: true };
  });

  async function find(accountId: string, id: string): Promise<File> {
    const found = await files.find(accountId, id);
    if (found === undefined) throw new TeraError("not_found", `There is no file \`${id.slice(0, 100)}\`.`);
    return found;
  }
}

function renderFile({ id, bytes, createdAt, expiresAt, filename, purpose }: File) {
  return {
    id,
    object: "file",
    bytes,
    created_at: toSeconds(createdAt),
    ...(expiresAt === null ? {} : { expires_at: toSeconds(expiresAt) }),
    filename,
    purpose,
    status: "processed",
  };
}

function toSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1_000);
}
