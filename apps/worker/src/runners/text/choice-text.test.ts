import type { TokenLogprob } from "@tera/protocol";
import { expect, test } from "vitest";
import { type ChoicePart, type ChoiceTextOptions, createChoiceText } from "./choice-text.ts";

const plain: ChoiceTextOptions = {
  splitsReasoning: true,
  startsInReasoning: false,
  parsesToolCalls: true,
  toolCallsMax: Number.POSITIVE_INFINITY,
  stop: [],
};
const call = '<tool_call>{"name": "f", "arguments": {"a": "stop"}}</tool_call>';

function read(options: Partial<ChoiceTextOptions>, pieces: string[]) {
  const choice = createChoiceText({ ...plain, ...options });
  const parts: (ChoicePart | undefined)[] = [];
  for (const piece of pieces) {
    parts.push(choice.push(piece));
    if (choice.ended) break;
  }
  parts.push(choice.end());
  return {
    content: parts.map((part) => part?.content ?? "").join(""),
    reasoning: parts.map((part) => part?.reasoning ?? "").join(""),
    calls: parts.flatMap((part) => part?.toolCalls ?? []),
    choice,
  };
}

function logprob(token: string): TokenLogprob {
  return { token, logprob: -1, bytes: null, top_logprobs: [] };
}

test("reasoning, content and calls come apart", () => {
  const { content, reasoning, calls, choice } = read({}, ["<think>hm", "</think>", "Sure.", call]);
  expect([content, reasoning, calls[0]?.name, choice.calledTools]).toEqual(["Sure.", "hm", "f", true]);
});

test("a stop string ends the content, and is looked for neither in reasoning nor in calls", () => {
  const { content, reasoning, calls, choice } = read({ stop: ["stop"] }, [
    "<think>stop</think>",
    call,
    " a st",
    "op b",
  ]);
  expect([content, reasoning, calls.map((delta) => delta.arguments).join("")]).toEqual(["a ", "stop", '{"a": "stop"}']);
  expect(choice.ended).toBe(true);
});

test("what is held back for a stop string comes before a call", () => {
  const choice = createChoiceText({ ...plain, stop: ["abc"] });
  expect(choice.push("ab")).toBeUndefined();
  expect(choice.push(call)).toEqual({
    content: "ab",
    toolCalls: [{ index: 0, id: expect.stringMatching(/^call_\w{24}$/), name: "f", arguments: '{"a": "stop"}' }],
  });
});

test("generation is over when the last call allowed is complete", () => {
  const { choice } = read({ toolCallsMax: 1 }, [call]);
  expect(choice.ended).toBe(true);
  expect(read({}, [call]).choice.ended).toBe(false);
});

test("without splitting, tags are text like any other", () => {
  const { content } = read({ splitsReasoning: false, parsesToolCalls: false }, ["<think>a</think>", call]);
  expect(content).toBe(`<think>a</think>${call}`);
});

test("log probabilities go out with their content: not those of reasoning, not those of a stop string", () => {
  const choice = createChoiceText({ ...plain, stop: ["end"] });
  const parts = ["<think>", "x", "</think>", "one", " e", "nd"].map((token) => choice.push(token, logprob(token)));
  const given = [...parts, choice.end()].flatMap((part) => part?.logprobs ?? []).map(({ token }) => token);
  expect(given).toEqual(["one", " e"]);
});

test("log probabilities of a text held back are not lost", () => {
  const choice = createChoiceText({ ...plain, parsesToolCalls: false, stop: ["ab!"] });
  expect(choice.push("a", logprob("a"))).toBeUndefined();
  expect(choice.push("b", logprob("b"))).toBeUndefined();
  expect(choice.push("c", logprob("c"))?.logprobs?.map(({ token }) => token)).toEqual(["a", "b", "c"]);
});
