/** Why an object store did not do what it was asked for, and what the operator does about it. */
import type { S3Settings } from "./file-settings.ts";

type Named = Pick<S3Settings, "bucket" | "endpoint" | "region">;

const keyNames = "TERA_FILES_S3_ACCESS_KEY_ID and TERA_FILES_S3_SECRET_ACCESS_KEY";

export function describeS3Failure(error: unknown, { bucket, endpoint, region }: Named): string {
  const name = nameOf(error);
  const where = endpoint ?? `Amazon's S3 in ${region}`;
  switch (name) {
    case "NoSuchBucket":
      return `${where} has no bucket ${bucket}: make it, or correct TERA_FILES_S3_BUCKET.`;
    case "InvalidAccessKeyId":
    case "SignatureDoesNotMatch":
    case "ExpiredToken":
      return `${where} does not accept the key (${name}): check ${keyNames}.`;
    case "AccessDenied":
    case "Forbidden":
      return `${where} does not let this key at the bucket ${bucket} (${name}): allow it to put, get and delete objects, and to abort uploads.`;
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
      return `The bucket ${bucket} is in another region than ${region} (${name}): correct TERA_FILES_S3_REGION.`;
    case "CredentialsProviderError":
      return `There is no key for ${where}: set ${keyNames}, or give the machine a role.`;
    case "NoSuchKey":
      return `${where} has no such object in the bucket ${bucket}: it was removed by others.`;
    default:
      return `${where} did not do it (${name}): check that it runs, and TERA_FILES_S3_ENDPOINT.`;
  }
}

/** A driver's code says more than its name. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string" && error.code !== "") return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return nameOf(error.errors[0]);
  return error.name === "Error" ? error.message : error.name;
}
