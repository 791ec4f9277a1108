import { expect, test } from "vitest";
import { speechRequestSchema } from "./speech.ts";

function firstProblem(change: object): string | undefined {
  const parsed = speechRequestSchema.safeParse({ model: "a/b", input: "hello", ...change });
  return parsed.error?.issues[0]?.path.join(".");
}

test.each<[object, string | undefined]>([
  [{}, undefined],
  [{ response_format: "mp3", speed: 0.25, voice: "af_heart", lang_code: "en-us", stream_format: "sse" }, undefined],
  [{ speed: 4 }, undefined],
  [{ speed: 0.24 }, "speed"],
  [{ speed: 4.01 }, "speed"],
  [{ input: "" }, "input"],
  [{ input: undefined }, "input"],
  [{ response_format: "ogg" }, "response_format"],
  [{ voice: "" }, "voice"],
  [{ stream_format: "websocket" }, "stream_format"],
  [
    { response_format: null, speed: null, voice: null, lang_code: null, stream_format: null, instructions: null },
    undefined,
  ],
])("%j", (change, problem) => {
  expect(firstProblem(change)).toBe(problem);
});
