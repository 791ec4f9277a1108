/** What servers written with FastAPI and uvicorn have in common (fastapi.tiangolo.com, "Handling Errors"; Starlette's defaults). */
import { EngineError } from "../engine-error.ts";
import { jsonPage, type Page } from "./dialect.ts";

const server = { server: "uvicorn" };

export function uvicornPage(value: unknown, status = 200): Page {
  return jsonPage(value, { status, headers: server });
}

/** @param routes paths that exist for another method. */
export function fastApiNoPage(routes: { has(path: string): boolean }, path: string): Page {
  return routes.has(path)
    ? uvicornPage({ detail: "Method Not Allowed" }, 405)
    : uvicornPage({ detail: "Not Found" }, 404);
}

/** FastAPI's own answer to a body that does not fit the schema. */
export function unprocessable(location: readonly string[], type: string, message: string): EngineError {
  return new EngineError(422, "unprocessable", message, null, {
    detail: [{ type, loc: ["body", ...location], msg: message, input: null }],
  });
}
