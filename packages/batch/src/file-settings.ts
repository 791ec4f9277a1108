/** Where the bytes of files go, and what may be uploaded: settings that gateways and the dashboard share, since both take and read files. */
import { ConfigError, flag, integer } from "@tera/protocol";
import { z } from "zod";
import type { UploadRules } from "./check-upload.ts";

const dayMs = 24 * 3_600_000;

/** For each app's config.ts. */
export const fileSettings = {
  /** An S3-compatible store for files instead of Postgres. */
  TERA_FILES_S3_BUCKET: z.string().min(1).optional(),
  /** `https://minio.example.com:9000`; by default Amazon's, of the region. */
  TERA_FILES_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
  TERA_FILES_S3_REGION: z.string().min(1).default("us-east-1"),
  /** Both or neither: without them the role of the machine counts. */
  TERA_FILES_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  TERA_FILES_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  /** Names of objects begin with it: `tera/`. */
  TERA_FILES_S3_PREFIX: z.string().max(512).default(""),
  /** The bucket in the path instead of the host, as most servers of one's own want it. By default so where there is an endpoint. */
  TERA_FILES_S3_PATH_STYLE: flag.optional(),
};

/** For the config.ts of who takes files. Bytes, lines, and how long a file is kept whose owner does not say, as are the files that a batch writes. */
export const uploadSettings = {
  TERA_GATEWAY_FILE_MAX_BYTES: integer(1_024, 1_099_511_627_776).default(1_073_741_824),
  TERA_GATEWAY_FILES_PER_ACCOUNT_MAX_BYTES: integer(1_024, 1_125_899_906_842_624).default(10_737_418_240),
  TERA_GATEWAY_FILE_LINES_MAX: integer(1, 100_000_000).default(1_000_000),
  TERA_GATEWAY_FILE_LINE_MAX_BYTES: integer(1_024, 1_073_741_824).default(4 * 1_024 * 1_024),
  TERA_GATEWAY_FILE_RETENTION_DAYS: integer(1, 3_650).default(30),
};

export function readUploadRules(settings: z.infer<z.ZodObject<typeof uploadSettings>>): UploadRules {
  return {
    fileMaxBytes: settings.TERA_GATEWAY_FILE_MAX_BYTES,
    accountMaxBytes: settings.TERA_GATEWAY_FILES_PER_ACCOUNT_MAX_BYTES,
    limits: {
      lineMaxBytes: settings.TERA_GATEWAY_FILE_LINE_MAX_BYTES,
      linesMax: settings.TERA_GATEWAY_FILE_LINES_MAX,
    },
    retentionMs: settings.TERA_GATEWAY_FILE_RETENTION_DAYS * dayMs,
  };
}

type FileSettings = z.infer<z.ZodObject<typeof fileSettings>>;

export interface S3Settings {
  bucket: string;
  endpoint: string | undefined;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
  prefix: string;
  pathStyle: boolean;
}

/**
 * @returns undefined: files are in Postgres.
 * @throws {ConfigError}
 */
export function readS3Settings(settings: FileSettings): S3Settings | undefined {
  const { TERA_FILES_S3_ACCESS_KEY_ID: accessKeyId, TERA_FILES_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  const { TERA_FILES_S3_BUCKET: bucket, TERA_FILES_S3_ENDPOINT: endpoint } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const unset = accessKeyId === undefined ? "TERA_FILES_S3_ACCESS_KEY_ID" : "TERA_FILES_S3_SECRET_ACCESS_KEY";
    throw new ConfigError(`${unset}: is not set: the key's two halves are of no use without each other`);
  }
  if (bucket === undefined) {
    if (endpoint === undefined && accessKeyId === undefined) return undefined;
    throw new ConfigError("TERA_FILES_S3_BUCKET: is not set, and other settings of TERA_FILES_S3 are");
  }
  return {
    bucket,
    endpoint,
    region: settings.TERA_FILES_S3_REGION,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    prefix: settings.TERA_FILES_S3_PREFIX,
    pathStyle: settings.TERA_FILES_S3_PATH_STYLE ?? endpoint !== undefined,
  };
}
