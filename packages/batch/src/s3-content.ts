/** Bytes of files in an S3-compatible store, an object each, in parts that are sent as they come. */
import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { TeraError } from "@tera/protocol";
import type { ByteRange, ContentStore } from "./content-store.ts";
import { describeS3Failure } from "./describe-s3-failure.ts";
import type { S3Settings } from "./file-settings.ts";

/** With S3's 10,000 parts: 78 GiB at most. Of each file that is written, two of them are in memory. */
const partBytes = 8 * 1_024 * 1_024;
const partsAtOnce = 1;
const connectTimeoutMs = 5_000;
/** Nothing may come or go for so long. */
const silenceMs = 60_000;
const attemptsMax = 3;

export interface S3Content extends ContentStore {
  close(): void;
}

/** What its functions throw is `storage_unavailable`, with what to do in its detail; but for what the source of bytes throws. */
export function createS3Content(settings: S3Settings): S3Content {
  const { bucket: Bucket, prefix, endpoint, region, credentials, pathStyle } = settings;
  const client = new S3Client({
    region,
    maxAttempts: attemptsMax,
    forcePathStyle: pathStyle,
    // Not every server knows the checksums that Amazon's adds by itself; parts are signed, and TLS has its own.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceMs },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const keyOf = (id: string) => `${prefix}${id}`;

  function toError(cause: unknown): TeraError {
    const message = "Files cannot be stored or read at the moment. Try again later.";
    return new TeraError("storage_unavailable", message, { detail: describeS3Failure(cause, settings), cause });
  }

  async function* read(id: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
    if (range?.length === 0) return;
    const Range = range && `bytes=${range.start}-${range.start + range.length - 1}`;
    const ending = new AbortController();
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(id), Range }), {
        abortSignal: ending.signal,
      });
      if (!(Body instanceof Readable)) throw new Error("an object came without a body");
      yield* Body;
    } catch (error) {
      throw toError(error);
    } finally {
      // Whoever reads may have seen enough.
      ending.abort();
    }
  }

  return {
    async write(id, source) {
      let bytes = 0;
      let sourceError: { error: unknown } | undefined;
      async function* counted() {
        try {
          for await (const piece of source) {
            bytes += piece.length;
            yield piece;
          }
        } catch (error) {
          sourceError = { error };
          throw error;
        }
      }
      const upload = new Upload({
        client,
        params: { Bucket, Key: keyOf(id), Body: Readable.from(counted(), { objectMode: false }) },
        partSize: partBytes,
        queueSize: partsAtOnce,
      });
      try {
        await upload.done();
        return bytes;
      } catch (error) {
        if (sourceError !== undefined) throw sourceError.error;
        throw toError(error);
      }
    },
    read,
    async remove(id) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(id) }));
      } catch (error) {
        throw toError(error);
      }
    },
    close: () => client.destroy(),
  };
}
