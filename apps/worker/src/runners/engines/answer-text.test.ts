import type { Delta, Tool } from "@tera/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type AnswerTextOptions, createAnswerText } from "./answer-text.ts";

const tools: Tool[] = [
  { type: "function", function: { name: "f", parameters: { properties: { a: { type: "integer" } } } } },
];

function read(pieces: readonly string[], options: Partial<AnswerTextOptions> = {}) {
  const text = createAnswerText({ splitsReasoning: true, ...options });
  const deltas = [...pieces, undefined].map((piece) => {
    const delta: Delta = { index: 0 };
    if (piece === undefined) text.end(false, delta);
    else text.push(piece, delta);
    return delta;
  });
  const calls = deltas.flatMap((delta) => delta.toolCalls ?? []);
  return {
    reasoning: deltas.map((delta) => delta.reasoning ?? "").join(""),
    content: deltas.map((delta) => delta.content ?? "").join(""),
    names: calls.flatMap(({ name }) => name ?? []),
    arguments: calls.map((call) => call.arguments ?? "").join(""),
  };
}

it("takes reasoning, content, calls and stop strings apart", () => {
  const text = "<think>hm</think>Sure.<tool_call><function=f><parameter=a>1</parameter></function></tool_call> ENDrest";
  expect(read([text], { tools, stop: ["END"] })).toEqual({
    reasoning: "hm",
    content: "Sure.",
    names: ["f"],
    arguments: '{"a": 1}',
  });
});

it("passes on as it is what it is not to look for", () => {
  const text = "<think>hm</think><tool_call>{}</tool_call>END";
  expect(read([text], { splitsReasoning: false }).content).toBe(text);
});

it("gives the same for every way of cutting the text", () => {
  const fragment = fc.oneof(
    fc.constantFrom("<think>", "</think>", "<tool_call>", "</tool_call>", "E", "END", " ", "\n", "text", "<"),
    fc.constantFrom(
      '{"name": "f", "arguments": {"a": 1}}',
      "<function=f>",
      "<parameter=a>",
      "</parameter>",
      "</function>",
    ),
  );
  const options = fc.record({
    splitsReasoning: fc.boolean(),
    startsInReasoning: fc.boolean(),
    tools: fc.constantFrom(undefined, tools),
    stop: fc.constantFrom(undefined, ["END"]),
  });
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 8 }), options, (fragments, given) => {
      const text = fragments.join("");
      const whole = read([text], given);
      expect(read([...text], given)).toEqual(whole);
      for (let border = 1; border < text.length; border++) {
        expect(read([text.slice(0, border), text.slice(border)], given)).toEqual(whole);
      }
    }),
    { numRuns: 400 },
  );
});
