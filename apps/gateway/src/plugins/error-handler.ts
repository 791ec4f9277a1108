/** Errors of routes and hooks, paths that do not exist and methods that a path does not have: all in OpenAI's envelope. */
import { TeraError } from "@tera/protocol";
import type { FastifyInstance, FastifyRequest, HTTPMethods } from "fastify";
import { renderError, toTeraError } from "../http-error.ts";

const offered =
  "This service offers /v1/chat/completions, /v1/completions, /v1/models, /v1/audio/speech, /v1/files and /v1/batches.";
/** A body that is announced longer than this is not waited for. */
const drainedBytesMax = 256 * 1_024 * 1_024;
const methods: readonly HTTPMethods[] = ["GET", "POST", "DELETE"];

/** @param onRefused told of every error that is answered here; must not throw. */
export function registerErrorHandler(
  app: FastifyInstance,
  onRefused: (request: FastifyRequest, error: TeraError) => void = () => undefined,
): void {
  app.setErrorHandler((cause, request, reply) => {
    const error = toTeraError(cause);
    onRefused(request, error);
    if (error.status >= 500)
      request.log.error(
        { requestId: request.id, err: cause, detail: error.detail, code: error.code },
        "request failed",
      );
    // Fastify would close the connection while the client still sends, and the client would see a broken pipe instead of the answer. Kept open, Node
    // reads the rest and drops it, for as long as a request may take.
    if (error.code === "body_too_large" && Number(request.headers["content-length"] ?? 0) <= drainedBytesMax) {
      reply.removeHeader("connection");
    }
    const { status, headers, body } = renderError(error);
    return reply.code(status).headers(headers).send(body);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const allowed = methods.filter((method) => app.findRoute({ method, url: path }) !== null);
    if (allowed.length > 0) {
      reply.header("allow", allowed.join(", "));
      throw new TeraError("method_not_allowed", `${request.method} is not allowed here. Use ${allowed.join(" or ")}.`);
    }
    throw new TeraError("unsupported_endpoint", `${request.method} ${path.slice(0, 200)} is not offered. ${offered}`);
  });
}
