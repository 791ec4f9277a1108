/** What Node could not read as HTTP, or what was not here in time, never becomes a request; it still gets an answer in our words. */
import type { Socket } from "node:net";
import { adminErrorCodes } from "@tera/admin-api/errors";
import { AdminError, toBody } from "../errors.ts";

/** Node's code for a request that was not all here in time. */
export const requestTimeoutCode = "ERR_HTTP_REQUEST_TIMEOUT";

export function answerBrokenRequest(cause: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const why = cause.code === requestTimeoutCode ? "The request was not all here in time." : "It is not valid HTTP.";
  const error = new AdminError("invalid_request", why);
  const body = JSON.stringify(toBody(error));
  socket.end(
    `HTTP/1.1 ${adminErrorCodes[error.code]} Bad Request\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
