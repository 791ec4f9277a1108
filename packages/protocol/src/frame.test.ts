import fc from "fast-check";
import { expect, test } from "vitest";
import type { Delta } from "./delta.ts";
import { finishReasons } from "./delta.ts";
import { type ErrorCode, errorCodes } from "./errors.ts";
import { decodeFrames, encodeFrames, type Frame } from "./frame.ts";
import type { Usage } from "./usage.ts";

const count = fc.nat();
const usage: fc.Arbitrary<Usage> = fc.record({
  promptTokens: count,
  cachedTokens: count,
  completionTokens: count,
  reasoningTokens: count,
  speechCharacters: count,
  source: fc.constantFrom("engine", "counted"),
});
const text = fc.string({ unit: "binary" });
const delta: fc.Arbitrary<Delta> = fc.record(
  {
    index: count,
    content: text,
    reasoning: text,
    toolCalls: fc.array(
      fc.record({ index: count, id: text, name: text, arguments: text }, { requiredKeys: ["index"] }),
    ),
    audio: fc.base64String(),
    finishReason: fc.constantFrom(...finishReasons),
  },
  { requiredKeys: ["index"] },
);
const head = { requestId: fc.string({ minLength: 1 }), attempt: fc.integer({ min: 1, max: 99 }), seq: count };
const codes = Object.keys(errorCodes) as ErrorCode[];
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ ...head, type: fc.constant("accepted" as const), workerId: text, runnerId: text }),
  fc.record(
    { ...head, type: fc.constant("delta" as const), deltas: fc.array(delta), usage },
    { requiredKeys: ["requestId", "attempt", "seq", "type", "deltas"] },
  ),
  fc.record({ ...head, type: fc.constant("end" as const), usage }),
  fc.record(
    {
      ...head,
      type: fc.constant("fail" as const),
      code: fc.constantFrom(...codes),
      message: text,
      param: text,
      retryable: fc.boolean(),
      retryAfterS: count,
      usage,
    },
    { requiredKeys: ["requestId", "attempt", "seq", "type", "code", "message", "retryable"] },
  ),
);

test("frames arrive as they were sent", () => {
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      // fast-check makes objects without a prototype; JSON does not.
      expect(decodeFrames(encodeFrames(frames))).toEqual(JSON.parse(JSON.stringify(frames)));
    }),
  );
});

test("an error code that this version does not know is the runner's failure", () => {
  const fail = {
    requestId: "r",
    attempt: 1,
    seq: 0,
    type: "fail",
    code: "from_the_future",
    message: "m",
    retryable: true,
  };
  expect(decodeFrames(JSON.stringify([fail]))).toMatchObject([{ code: "runner_failed" }]);
});

test.each([
  ["no JSON", "[{"],
  ["no array", "{}"],
  ["a frame that is no object", "[null]"],
  ["an unknown type", '[{"type":"later","requestId":"r","attempt":1,"seq":0}]'],
  ["a delta frame without deltas", '[{"type":"delta","requestId":"r","attempt":1,"seq":0}]'],
  ["a delta frame without a sequence number", '[{"type":"delta","requestId":"r","attempt":1,"deltas":[]}]'],
  [
    "negative usage so far",
    '[{"type":"delta","requestId":"r","attempt":1,"seq":0,"deltas":[],"usage":{"promptTokens":-1,"cachedTokens":0,"completionTokens":0,"reasoningTokens":0,"speechCharacters":0,"source":"engine"}}]',
  ],
  [
    "negative usage",
    '[{"type":"end","requestId":"r","attempt":1,"seq":0,"usage":{"promptTokens":-1,"cachedTokens":0,"completionTokens":0,"reasoningTokens":0,"speechCharacters":0,"source":"engine"}}]',
  ],
])("%s is refused", (_, batch) => {
  expect(() => decodeFrames(batch)).toThrow();
});
