import type { Delta } from "@tera/protocol";
import { describe, expect, it } from "vitest";
import { readUsage } from "./engine-usage.ts";
import { createEngineStreamReader } from "./openai-stream.ts";

function read(events: readonly (object | string)[], kind: "chat" | "completion" = "chat", choices = 1) {
  const deltas: Delta[] = [];
  const reader = createEngineStreamReader({
    kind,
    choices,
    choicesPerPrompt: choices,
    promptLength: 100,
    estimatePromptTokens: () => 7,
    sink: (delta) => deltas.push(delta),
  });
  for (const event of events) reader.event(typeof event === "string" ? event : JSON.stringify(event));
  return { deltas, reader };
}

const chunk = (delta: object, finish_reason: string | null = null, index = 0) => ({
  choices: [{ index, delta, finish_reason }],
});

describe("the reading of an engine's stream", () => {
  it("keeps content, drops the empty role chunk, and ends with the finish reason", () => {
    const { deltas, reader } = read([
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hi" }),
      chunk({}, "stop"),
      "[DONE]",
    ]);
    expect(deltas).toEqual([
      { index: 0, content: "Hi" },
      { index: 0, finishReason: "stop" },
    ]);
    expect(reader.complete).toBe(true);
  });

  it.each(["reasoning", "reasoning_content"])("takes the field %s for reasoning", (field) => {
    const { deltas } = read([chunk({ [field]: "hm" }), chunk({ content: "Hi" })]);
    expect(deltas).toEqual([
      { index: 0, reasoning: "hm" },
      { index: 0, content: "Hi" },
    ]);
  });

  it("splits raw think tags that chunk borders cut, and counts the reasoning", () => {
    const pieces = ["<th", "ink>so ", "it is</thi", "nk>\n\nPar", "is"];
    const usage = { prompt_tokens: 3, completion_tokens: 9 };
    const { deltas, reader } = read([
      ...pieces.map((content) => chunk({ content })),
      chunk({}, "stop"),
      { choices: [], usage },
      "[DONE]",
    ]);
    expect(deltas.map((delta) => delta.reasoning ?? "").join("")).toBe("so it is");
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("Paris");
    expect(reader.usage().reasoningTokens).toBeGreaterThan(0);
  });

  it("ends a forced tool call with tool_calls where the engine says stop", () => {
    const call = { tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "f", arguments: "{}" } }] };
    const { deltas } = read([chunk(call), chunk({}, "stop")]);
    expect(deltas).toEqual([
      { index: 0, toolCalls: [{ index: 0, id: "c1", name: "f", arguments: "{}" }] },
      { index: 0, finishReason: "tool_calls" },
    ]);
  });

  it("is not complete before every choice has ended", () => {
    const { reader } = read([chunk({ content: "a" }, "stop", 0), chunk({ content: "b" }, null, 1)], "chat", 2);
    expect(reader.complete).toBe(false);
  });

  it("counts by itself when the engine gives no usage, and says so", () => {
    const { reader } = read([chunk({ content: "a" }), chunk({ content: "b" }), chunk({}, "stop"), "[DONE]"]);
    expect(reader.usage()).toMatchObject({ promptTokens: 7, completionTokens: 2, source: "counted" });
  });

  it("throws what an engine reports inside its stream", () => {
    expect(() => read([{ error: { message: "out of memory", code: 500 } }])).toThrow(
      expect.objectContaining({ code: "runner_failed", retryable: true }),
    );
    expect(() => read(["<html>"])).toThrow(expect.objectContaining({ code: "runner_failed" }));
  });
});

describe("an engine's usage", () => {
  it.each([
    ["negative", { prompt_tokens: -1, completion_tokens: 3 }],
    ["not whole", { prompt_tokens: 1.5, completion_tokens: 3 }],
    ["not a number", { prompt_tokens: "3", completion_tokens: 3 }],
    ["missing", undefined],
    ["absurd", { prompt_tokens: 3, completion_tokens: 1e300 }],
  ])("is not believed when it is %s", (_name, usage) => {
    expect(readUsage(usage)).toBeUndefined();
  });

  it("never has more cached than prompt tokens, nor more reasoning than completion tokens", () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 9 },
    };
    expect(readUsage(usage)).toMatchObject({ cachedTokens: 3, reasoningTokens: 2 });
  });
});
