/** Errors of the Admin API, and the one place where they become HTTP. */

import { type AdminErrorBody, type AdminErrorCode, adminErrorCodes } from "@tera/admin-api/errors";
import { databaseReason, isDatabaseUnavailable } from "@tera/database";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

export interface AdminErrorOptions {
  fields?: readonly { path: string; message: string }[];
  cause?: unknown;
}

/** A failure with a message for who asked: it says what to do, and names nothing internal. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  readonly code: AdminErrorCode;
  readonly fields: readonly { path: string; message: string }[] | undefined;

  constructor(code: AdminErrorCode, message: string, { fields, cause }: AdminErrorOptions = {}) {
    super(message, { cause });
    this.code = code;
    this.fields = fields;
  }
}

/** What is not there, or belongs to somebody else: both look the same. */
export function notFound(what: string): AdminError {
  return new AdminError("not_found", `There is no such ${what}.`);
}

export function registerErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler((cause, request, reply) => {
    const error = toAdminError(cause);
    const status = adminErrorCodes[error.code];
    if (status >= 500) request.log.error({ requestId: request.id, err: cause, code: error.code }, "request failed");
    return reply
      .code(status)
      .type("application/json; charset=utf-8")
      .send(JSON.stringify(toBody(error)));
  });
}

export function toBody({ code, message, fields }: AdminError): AdminErrorBody {
  return { error: { code, message, ...(fields === undefined ? {} : { fields: [...fields] }) } };
}

/** What Fastify, the schemas and Postgres say, in our words. Anything unknown is a fault of ours, told without details. */
export function toAdminError(cause: unknown): AdminError {
  if (cause instanceof AdminError) return cause;
  if (cause instanceof TeraError) {
    const { message, param } = cause;
    return new AdminError(
      toCode(cause),
      message,
      param === undefined ? { cause } : { cause, fields: [{ path: param, message }] },
    );
  }
  if (hasZodFastifySchemaValidationErrors(cause)) {
    const fields = cause.validation.map(({ instancePath, message }) => ({
      path: instancePath.slice(1).replaceAll("/", "."),
      message: message ?? "is wrong",
    }));
    const list = fields.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
    return new AdminError("invalid_request", list, { fields, cause });
  }
  if (isDatabaseUnavailable(cause)) {
    return new AdminError("unavailable", "The database does not answer. Try again in a moment.", {
      cause: databaseReason(cause),
    });
  }
  const status = typeof cause === "object" && cause !== null && "statusCode" in cause ? cause.statusCode : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) {
    const message = status === 413 ? "The body is larger than is accepted here." : "The request could not be read.";
    return new AdminError("invalid_request", message, { cause });
  }
  return new AdminError("internal_error", "Something went wrong on our side. Try again.", { cause });
}

/** What gateways answer in more codes than we have. */
function toCode({ code, fault, status }: TeraError): AdminErrorCode {
  if (code === "not_found") return "not_found";
  if (status === adminErrorCodes.too_many_requests) return "too_many_requests";
  if (fault === "client") return "invalid_request";
  return status === adminErrorCodes.unavailable ? "unavailable" : "internal_error";
}
