import { expect, test } from "vitest";
import { type ErrorCode, errorCodes, isErrorCode, TeraError, toErrorBody } from "./errors.ts";

test("every code stands in the order of its status, and only 5xx can be helped by another attempt", () => {
  const entries = Object.values(errorCodes);
  const statuses = entries.map(({ status }) => status);
  expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
  for (const { status, retryable } of entries) expect(retryable && status < 500).toBe(false);
});

test("an error carries what its code says, and its own answer to another attempt", () => {
  const cause = new Error("socket");
  const error = new TeraError("runner_failed", "The engine failed.", { cause, detail: "10.0.0.1", retryable: false });
  expect(error).toMatchObject({
    code: "runner_failed",
    status: 500,
    type: "server_error",
    fault: "runner",
    retryable: false,
    cause,
  });
  expect(new TeraError("runner_failed", "m").retryable).toBe(true);
});

test("what a client sees has OpenAI's shape and nothing internal", () => {
  const error = new TeraError("invalid_request", "temperature must be at most 2", {
    param: "temperature",
    detail: "secret",
  });
  expect(toErrorBody(error)).toEqual({
    error: {
      message: "temperature must be at most 2",
      type: "invalid_request_error",
      code: "invalid_request",
      param: "temperature",
    },
  });
  expect(toErrorBody(new TeraError("no_replica", "m")).error.param).toBeNull();
});

test("names of Object's own are no codes", () => {
  for (const name of ["toString", "__proto__", "constructor", ""]) expect(isErrorCode(name)).toBe(false);
  expect(isErrorCode("no_replica" satisfies ErrorCode)).toBe(true);
});
