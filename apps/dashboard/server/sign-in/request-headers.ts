/** A request's headers as the sign-in library is given them. */
import type { FastifyRequest } from "fastify";
import { clientAddressHeader } from "./auth.ts";

/** Lengths and encodings belong to the body that was read already. */
const ofTheConnection = new Set(["content-length", "transfer-encoding", "connection", clientAddressHeader]);

export function toAuthHeaders(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || ofTheConnection.has(name)) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  headers.set(clientAddressHeader, request.ip);
  return headers;
}
