import { expect, it } from "vitest";
import { toEngineError } from "./openai-error.ts";

it("passes on what the client did wrong, in the engine's words", () => {
  const body = JSON.stringify({ error: { message: "top_k must be -1 or more", param: "top_k", code: 400 } });
  expect(toEngineError(400, body)).toMatchObject({
    code: "invalid_request",
    status: 400,
    message: "top_k must be -1 or more",
    param: "top_k",
    retryable: false,
  });
});

it("names the context length as the reason where it is", () => {
  const body = JSON.stringify({ object: "error", message: "This model's maximum context length is 4096 tokens." });
  expect(toEngineError(400, body).code).toBe("context_length_exceeded");
});

it("shows no path, address or stack of the operator's machine", () => {
  const message =
    'Failed at http://10.0.0.7:8000/x in /opt/vllm/engine/core.py\n  File "/opt/vllm/engine/core.py", line 3';
  const shown = toEngineError(422, JSON.stringify({ detail: message })).message;
  expect(shown).toBe("Failed at <address> in <path>");
});

it.each([500, 502, 401, 403])("takes a %s for the engine's fault, which another replica can heal", (status) => {
  const error = toEngineError(status, "secret internals");
  expect(error).toMatchObject({ code: "runner_failed", retryable: true });
  expect(error.message).not.toContain("secret");
});
