import { describe, expect, it } from "vitest";
import { findErrorStatus, toEngineError } from "./openai-error.ts";

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

it.each([
  ["vLLM, older", { object: "error", message: "no", type: "BadRequestError", code: 400 }, "no", undefined],
  ["TGI and Ollama", { error: "no", error_type: "validation" }, "no", undefined],
  ["FastAPI", { detail: "no" }, "no", undefined],
  ["FastAPI's validation", { detail: [{ type: "missing", loc: ["body", "a", 0], msg: "no" }] }, "no", "a.0"],
  ["Kokoro-FastAPI", { detail: { error: "validation_error", message: "no" } }, "no", undefined],
  [
    "vLLM's validation",
    {
      error: { message: "[{'type': 'missing', 'loc': ('body', 'messages', 0), 'msg': 'no', 'input': {'secret': 1}}]" },
    },
    "no",
    "messages.0",
  ],
  [
    "TensorRT-LLM's validation",
    { error: '[{"type":"extra_forbidden","loc":["body","x"],"msg":"no","input":"secret"}]' },
    "no",
    "x",
  ],
  ["nobody", { what: 1 }, "The model's engine refused the request.", undefined],
])("finds the sentence where %s puts it", (_engine, body, message, param) => {
  expect(toEngineError(422, JSON.stringify(body))).toMatchObject({ message, param });
});

it.each([
  "This model's maximum context length is 4096 tokens.",
  "the request exceeds the available context size (4096 tokens), try increasing it",
  "The input (9 tokens) is longer than the model's context length (8 tokens).",
  "Input validation error: `inputs` must have less than 4095 tokens. Given: 9000",
  "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 200 `max_new_tokens`",
])("names the context length as the reason: %s", (message) => {
  expect(toEngineError(400, JSON.stringify({ error: { message } })).code).toBe("context_length_exceeded");
});

describe("what a client is shown", () => {
  const shown = (message: string, context = {}) =>
    toEngineError(422, JSON.stringify({ detail: message }), context).message;

  it.each([
    [
      'Failed at http://10.0.0.7:8000/x in /opt/vllm/engine/core.py\n  File "/opt/vllm/engine/core.py", line 3',
      "Failed at <address> in <path>",
    ],
    ["cannot connect to 10.0.0.7:8000", "cannot connect to <address>"],
    ["gpu-3.internal:8000 and [fd00::1]:80 refuse", "<address> and <address> refuse"],
    ["file C:\\models\\a.gguf is broken", "file <path> is broken"],
    ["see /models/a.gguf", "see <path>"],
    ["messages[0].content of org/model and 1/2", "messages[0].content of org/model and 1/2"],
  ])("holds no path, address or stack: %s", (message, clean) => {
    expect(shown(message)).toBe(clean);
  });

  it("holds the name that the client used, not the engine's own", () => {
    const context = { engineModelId: "llama3.2:1b", publicModelId: "org/llama" };
    expect(shown("registry.ollama.ai/library/llama3.2:1b does not support tools", context)).toBe(
      "org/llama does not support tools",
    );
    const path = { engineModelId: "/data/m.gguf", publicModelId: "org/m" };
    expect(shown("model /data/m.gguf: bad", path)).toBe("model org/m: bad");
  });

  it("does not go into the log, for validators quote the request", () => {
    expect(toEngineError(400, JSON.stringify({ detail: "input: my secret" })).detail).toBe("HTTP 400");
  });
});

it.each([500, 502, 401, 403])("takes a %s for the engine's fault, which another replica can heal", (status) => {
  const error = toEngineError(status, "secret internals");
  expect(error).toMatchObject({ code: "runner_failed", retryable: true });
  expect(error.message).not.toContain("secret");
});

it("tells the operator alone that a key is refused", () => {
  const error = toEngineError(401, "{}");
  expect(error.detail).toContain("apiKey");
  expect(error.message).not.toContain("key");
});

it.each([
  ["20", 20],
  ["0.2", 1],
  [new Date(Date.now() + 60_000).toUTCString(), expect.closeTo(60, -1)],
  ["999999", 3_600],
  ["soon", 5],
  [undefined, 5],
])("takes over an overloaded engine's retry-after of %s", (retryAfter, retryAfterS) => {
  for (const status of [429, 503]) {
    expect(toEngineError(status, "", { retryAfter })).toMatchObject({
      code: "runner_overloaded",
      retryable: true,
      retryAfterS,
    });
  }
});

it("tells a model that is gone, which another replica may have, from an endpoint that is not there", () => {
  for (const message of ["The model `x` does not exist.", "model 'x' not found", 'Model "x" not found.']) {
    expect(toEngineError(404, JSON.stringify({ error: { message } }))).toMatchObject({
      code: "runner_failed",
      retryable: true,
    });
  }
  for (const status of [404, 405, 501]) {
    expect(toEngineError(status, '{"detail": "Not Found"}')).toMatchObject({
      code: "unsupported_parameter",
      retryable: false,
    });
  }
});

it.each<[string, Record<string, unknown>, number | undefined]>([
  ["no error", { choices: [], error: null }, undefined],
  ["a code", { error: { message: "x", code: 400 } }, 400],
  ["a code in letters", { error: { message: "x", code: "429" } }, 429],
  ["a flat one", { object: "error", message: "x", code: 404 }, 404],
  ["TGI's validation", { error: "x", error_type: "validation" }, 422],
  ["OpenAI's type", { error: { message: "x", type: "rate_limit_error", code: "rate_limit_exceeded" } }, 429],
  ["LM Studio's sentence", { error: { message: "loaded with context length of only 4096 tokens" } }, 400],
  ["nothing to go by", { error: "boom" }, 500],
])("reads the status of an event that is %s", (_name, chunk, status) => {
  expect(findErrorStatus(chunk)).toBe(status);
});
