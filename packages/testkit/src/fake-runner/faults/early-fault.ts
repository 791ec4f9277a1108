/** Faults that strike before the engine has begun: the request gets another answer than its own, or none. */
import { EngineError } from "../engine-error.ts";
import { jsonHeaders } from "../generate.ts";
import type { Reply } from "../reply.ts";
import type { Fault } from "./fault.ts";

/** @returns false when this fault leaves the beginning alone, and the request is to be handled. */
export function strikeEarly(fault: Fault, reply: Reply): boolean {
  switch (fault.kind) {
    case "status": {
      const retryAfter = fault.retryAfterS === null ? {} : { "retry-after": String(fault.retryAfterS) };
      reply.send(fault.status, { ...jsonHeaders, ...retryAfter }, errorBody(fault.status));
      return true;
    }
    case "html":
      reply.send(fault.status, { "content-type": "text/html", server: "nginx" }, page(fault.status));
      return true;
    case "reset-before-headers":
      reply.reset();
      return true;
    case "hang-before-headers":
      return true;
    case "slow-start":
      if (fault.answer === "reset") reply.reset();
      else reply.send(503, jsonHeaders, errorBody(503));
      return true;
    default:
      return false;
  }
}

function errorBody(status: number): string {
  if (status === 429) return new EngineError(429, "TooManyRequestsError", "The server is overloaded.").body();
  if (status === 503) return new EngineError(503, "ServiceUnavailableError", "The model is loading.").body();
  return new EngineError(status, "InternalServerError", "EngineCore encountered an issue.").body();
}

function page(status: number): string {
  const title = status === 200 ? "Welcome" : `${status} Bad Gateway`;
  return `<!DOCTYPE html>\r\n<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1></body>\r\n</html>\r\n`;
}
