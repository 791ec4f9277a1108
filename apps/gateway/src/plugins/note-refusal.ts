/** Notes what the error handler answers, so that a refused request can be explained later. A request that succeeds never comes here. */
import type { Authenticator } from "@tera/access";
import type { RefusalLog } from "@tera/metering";
import type { TeraError } from "@tera/protocol";
import type { FastifyRequest } from "fastify";
import { readBearer } from "./authenticate.ts";

export interface NoteRefusalOptions {
  authenticator: Pick<Authenticator, "recall">;
  refusalLog: Pick<RefusalLog, "record">;
  /** Told of each that no limit refused: limits are counted where they are looked at. */
  count(error: Pick<TeraError, "code" | "fault">): void;
}

export function createNoteRefusal({ authenticator, refusalLog, count }: NoteRefusalOptions) {
  return (request: FastifyRequest, error: TeraError): void => {
    const { code, message } = error;
    // Health, webhooks, and whoever knocks at random paths.
    if (!request.url.startsWith("/v1/")) return;
    // Without a principal it is not a key's limit, but the throttle of who tries keys.
    if (code !== "rate_limit_exceeded" || request.principal === null) count(error);
    // A request has no principal when its address was wrong, or its path: its key may be a known one all the same.
    const principal = request.principal ?? authenticator.recall(readBearer(request.headers.authorization));
    refusalLog.record({
      requestId: request.id,
      key: principal && { accountId: principal.accountId, keyId: principal.keyId },
      model: modelOf(request.body),
      code,
      message,
      atMs: Date.now(),
    });
  };
}

function modelOf(body: unknown): string | undefined {
  const model = typeof body === "object" && body !== null && "model" in body ? body.model : undefined;
  return typeof model === "string" ? model : undefined;
}
