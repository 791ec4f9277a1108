import type { Delta, Tool, Usage } from "@tera/protocol";
import { describe, expect, it } from "vitest";
import { readUsage } from "./engine-usage.ts";
import { createEngineStreamReader, type EngineStreamOptions } from "./openai-stream.ts";

function read(events: readonly (object | string)[], options: Partial<EngineStreamOptions> = {}) {
  const deltas: Delta[] = [];
  const choices = options.choices ?? 1;
  const reader = createEngineStreamReader({
    kind: "chat",
    choices,
    choicesPerPrompt: choices,
    promptLength: 100,
    estimatePromptTokens: () => 7,
    sink: (delta) => deltas.push(delta),
    ...options,
  });
  for (const event of events) reader.event(typeof event === "string" ? event : JSON.stringify(event));
  const text = (field: "content" | "reasoning") => deltas.map((delta) => delta[field] ?? "").join("");
  return { deltas, reader, content: text("content"), reasoning: text("reasoning") };
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

  it("takes the one of the two that says something", () => {
    const { reasoning } = read([
      chunk({ reasoning_content: "", reasoning: "hm" }),
      chunk({ reasoning_content: "!", reasoning: "" }),
    ]);
    expect(reasoning).toBe("hm!");
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
    const { reader } = read([chunk({ content: "a" }, "stop", 0), chunk({ content: "b" }, null, 1)], { choices: 2 });
    expect(reader.complete).toBe(false);
  });

  it("counts by itself when the engine gives no usage, and says so", () => {
    const { reader } = read([chunk({ content: "a" }), chunk({ content: "b" }), chunk({}, "stop"), "[DONE]"]);
    expect(reader.usage()).toMatchObject({ promptTokens: 7, completionTokens: 2, source: "counted" });
  });

  it.each([
    ["in every chunk", (tokens: number) => ({ usage: { prompt_tokens: 3, completion_tokens: tokens } })],
    ["as timings", (tokens: number) => ({ timings: { cache_n: 1, prompt_n: 2, predicted_n: tokens } })],
  ])("tells the engine's counts as it goes where they come %s, also before the first token", (_, counts) => {
    const told: Usage[] = [];
    const event = (delta: object, tokens: number) => ({ ...chunk(delta), ...counts(tokens) });
    read([event({ role: "assistant", content: "" }, 0), event({ content: "a" }, 1), event({ content: "bcd" }, 4)], {
      onUsage: (usage) => told.push({ ...usage }),
    });
    expect(told.map(({ promptTokens, completionTokens, source }) => [promptTokens, completionTokens, source])).toEqual([
      [3, 0, "engine"],
      [3, 1, "engine"],
      [3, 4, "engine"],
    ]);
  });

  it("tells its own count once, at the first token, where the engine's come in the end", () => {
    const told: Usage[] = [];
    read([chunk({ role: "assistant", content: "" }), chunk({ content: "a" }), chunk({ content: "b" })], {
      onUsage: (usage) => told.push({ ...usage }),
    });
    expect(told).toMatchObject([{ promptTokens: 7, completionTokens: 1, source: "counted" }]);
  });

  it("tells no counts that cannot be true", () => {
    const told: Usage[] = [];
    let estimates = 0;
    const absurd = { usage: { prompt_tokens: 3, completion_tokens: 1_000_000 } };
    read(
      [
        { ...chunk({ content: "a" }), ...absurd },
        { ...chunk({ content: "b" }), ...absurd },
      ],
      {
        onUsage: (usage) => told.push({ ...usage }),
        estimatePromptTokens: () => {
          estimates++;
          return 7;
        },
      },
    );
    expect(told.map(({ promptTokens, completionTokens, source }) => [promptTokens, completionTokens, source])).toEqual([
      [7, 1, "counted"],
      [7, 2, "counted"],
    ]);
    // It walks the whole prompt.
    expect(estimates).toBe(1);
  });

  it("throws what an engine reports inside its stream", () => {
    expect(() => read([{ error: { message: "out of memory", code: 500 } }])).toThrow(
      expect.objectContaining({ code: "runner_failed", retryable: true }),
    );
    expect(() => read(["<html>"])).toThrow(expect.objectContaining({ code: "runner_failed" }));
    expect(() => read([chunk({ content: "a" }), chunk({}, "abort")])).toThrow(
      expect.objectContaining({ code: "runner_failed" }),
    );
  });

  it("keeps what the answer said out of the detail of an event that cannot be read", () => {
    expect(() => read(["secret"])).toThrow(expect.objectContaining({ detail: expect.not.stringContaining("secret") }));
  });

  it("takes a whole answer where a stream was asked for", () => {
    const message = { role: "assistant", content: "<think>hm</think>Hi", tool_calls: null };
    const { content, reasoning, deltas, reader } = read([
      { choices: [{ index: 0, message, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 4 } },
    ]);
    expect([content, reasoning, deltas.at(-1)?.finishReason, reader.complete]).toEqual(["Hi", "hm", "stop", true]);
    expect(reader.usage()).toMatchObject({ promptTokens: 3, completionTokens: 4, source: "engine" });
  });

  it("ends a choice that only [DONE] ends, with what was held back", () => {
    const { content, deltas, reader } = read([chunk({ content: "a <" }), chunk({ content: "tool_" }), "[DONE]"], {
      tools: [weather],
    });
    expect([content, deltas.at(-1)?.finishReason, reader.complete]).toEqual(["a <tool_", "stop", true]);
  });

  it("says to the client that an engine made fewer choices than were asked for", () => {
    const { reader } = read([chunk({ content: "a" }, "stop"), "[DONE]"], { choices: 2 });
    expect(reader.complete).toBe(false);
    expect(reader.incomplete()).toMatchObject({ code: "unsupported_parameter", param: "n" });
    expect(read([chunk({ content: "a" })]).reader.incomplete()).toMatchObject({ code: "runner_failed" });
  });

  it("is not complete after [DONE] alone", () => {
    expect(read(["[DONE]"]).reader.complete).toBe(false);
  });

  it("splits off reasoning that the template has opened", () => {
    const { content, reasoning } = read([chunk({ content: "so</th" }), chunk({ content: "ink>Hi" }, "stop")], {
      startsInReasoning: true,
    });
    expect([reasoning, content]).toEqual(["so", "Hi"]);
  });

  it("takes out a stop string that the engine left at the end", () => {
    const { content } = read([chunk({ content: "one E" }), chunk({ content: "ND" }), chunk({}, "stop_sequence")], {
      stop: ["END"],
    });
    expect(content).toBe("one ");
  });

  it("drops choices that nobody asked for, whatever their number", () => {
    const { deltas } = read([chunk({ content: "a" }, null, 1), chunk({ content: "b" }, null, 4_000_000_000)]);
    expect(deltas).toEqual([]);
  });
});

const weather: Tool = {
  type: "function",
  function: { name: "weather", parameters: { properties: { days: { type: "integer" } } } },
};

function joinCalls(deltas: readonly Delta[]) {
  const calls: { id: string | undefined; name: string | undefined; arguments: string }[] = [];
  for (const call of deltas.flatMap((delta) => delta.toolCalls ?? [])) {
    const known = calls[call.index];
    if (known === undefined) calls[call.index] = { id: call.id, name: call.name, arguments: call.arguments ?? "" };
    else {
      expect([call.id, call.name]).toEqual([undefined, undefined]);
      known.arguments += call.arguments ?? "";
    }
  }
  return calls;
}

describe("tool calls", () => {
  const piece = (call: object) => chunk({ tool_calls: [call] });

  it("are found in the text of a chat that has tools, each choice for itself, and end it with tool_calls", () => {
    const { deltas, content } = read(
      [
        chunk({ content: "<tool_call>\n<function=weather>\n<parameter=da" }, null, 0),
        chunk({ content: '<tool_call>{"name": "weather", "arguments": {"days"' }, null, 1),
        chunk({ content: "ys>\n3\n</parameter>\n</function>\n</tool_call>" }, null, 0),
        chunk({ content: ": 4}}</tool_call>" }, null, 1),
        chunk({}, "stop", 0),
        chunk({}, "stop", 1),
      ],
      { choices: 2, tools: [weather] },
    );
    const of = (index: number) => joinCalls(deltas.filter((delta) => delta.index === index));
    expect(content).toBe("");
    expect(of(0)).toEqual([{ id: expect.stringMatching(/^call_/), name: "weather", arguments: '{"days": 3}' }]);
    expect(of(1)).toEqual([{ id: expect.stringMatching(/^call_/), name: "weather", arguments: '{"days": 4}' }]);
    expect(deltas.filter((delta) => delta.finishReason === "tool_calls")).toHaveLength(2);
  });

  it("are text like any other in a chat without tools", () => {
    const call = '<tool_call>{"name": "weather", "arguments": {}}</tool_call>';
    expect(read([chunk({ content: call }, "stop")]).content).toBe(call);
  });

  it("get an id where the engine gives none that could be one, and are read from an object where there should be a list", () => {
    const call = { index: 0, id: "0", type: "function", function: { name: "f", arguments: "{}" } };
    const { deltas } = read([chunk({ tool_calls: call }, "stop")]);
    expect(joinCalls(deltas)).toEqual([{ id: expect.stringMatching(/^call_\w{24}$/), name: "f", arguments: "{}" }]);
  });

  it("are told apart where an engine gives all of them the number 0", () => {
    const { deltas } = read([
      piece({ index: 0, id: "id-a", function: { name: "f", arguments: "{}" } }),
      piece({ index: 0, id: "id-b", function: { name: "f", arguments: '{"x"' } }),
      piece({ index: 0, function: { arguments: ":1}" } }),
    ]);
    expect(joinCalls(deltas)).toEqual([
      { id: "id-a", name: "f", arguments: "{}" },
      { id: "id-b", name: "f", arguments: '{"x":1}' },
    ]);
  });

  it("name themselves once where an engine repeats id and name in every piece", () => {
    const call = { index: 0, id: "id-a", function: { name: "f", arguments: "{" } };
    const { deltas } = read([piece(call), piece({ ...call, function: { name: "f", arguments: "}" } })]);
    expect(joinCalls(deltas)).toEqual([{ id: "id-a", name: "f", arguments: "{}" }]);
  });

  it("have arguments as text also where an engine gives an object", () => {
    const { deltas } = read([piece({ id: "id-a", function: { name: "f", arguments: { x: 1 } } })]);
    expect(joinCalls(deltas)).toEqual([{ id: "id-a", name: "f", arguments: '{"x":1}' }]);
  });
});

describe("the counts of a stream", () => {
  const usage = (prompt_tokens: number, completion_tokens: number) => ({ usage: { prompt_tokens, completion_tokens } });

  it("are the engine's own after a cut, when every chunk has those so far", () => {
    const { reader } = read([
      { ...chunk({ content: "a" }), ...usage(5, 1) },
      { ...chunk({ content: "b c" }), ...usage(5, 3) },
    ]);
    expect(reader.usage()).toMatchObject({ promptTokens: 5, completionTokens: 3, source: "engine" });
  });

  it("are summed over choices, each of which counts for itself, until there is a total", () => {
    const events = [
      { ...chunk({ content: "a" }, null, 0), ...usage(5, 1) },
      { ...chunk({ content: "b" }, null, 1), ...usage(5, 2) },
      { ...chunk({ content: "c" }, null, 2), ...usage(9, 3) },
    ];
    const options = { choices: 4, choicesPerPrompt: 2 };
    expect(read(events, options).reader.usage()).toMatchObject({ promptTokens: 14, completionTokens: 6 });
    const total = { choices: [], ...usage(14, 20) };
    expect(read([...events, total], options).reader.usage()).toMatchObject({ promptTokens: 14, completionTokens: 20 });
  });

  it("are llama.cpp's timings where it gives no more", () => {
    const timings = { cache_n: 4, prompt_n: 3, predicted_n: 2 };
    expect(read([{ ...chunk({ content: "ab" }), timings }]).reader.usage()).toMatchObject({
      promptTokens: 7,
      cachedTokens: 4,
      completionTokens: 2,
      source: "engine",
    });
  });

  it("tell SGLang's reasoning tokens, and those that a hosted service does not show", () => {
    const sglang = { prompt_tokens: 3, completion_tokens: 9, reasoning_tokens: 4 };
    expect(readUsage(sglang)).toMatchObject({ reasoningTokens: 4 });
    const hidden = {
      prompt_tokens: 3,
      completion_tokens: 5_001,
      completion_tokens_details: { reasoning_tokens: 5_000 },
    };
    const { reader } = read([chunk({ content: "a" }, "stop"), { choices: [], usage: hidden }]);
    expect(reader.usage()).toMatchObject({ completionTokens: 5_001, reasoningTokens: 5_000, source: "engine" });
  });

  it.each([
    ["more than was allowed", usage(5, 9), { maxTokens: 8 }],
    ["far more than was said", usage(5, 50_000), {}],
    ["far more than was asked", usage(5_000_000, 2), {}],
    ["negative", usage(-5, 2), {}],
    ["nothing for an answer", usage(5, 0), {}],
    ["nothing for a prompt", usage(0, 2), {}],
  ])("are not believed when they are %s, and the operator hears of it", (_name, claim, options) => {
    const { reader } = read(
      [chunk({ content: "a" }), chunk({ content: "b" }, "stop"), { choices: [], ...claim }],
      options,
    );
    expect(reader.usage()).toMatchObject({ promptTokens: 7, completionTokens: 2, source: "counted" });
    expect(reader.doubt).toEqual(expect.any(String));
  });

  it("count pieces that were held back and never shown", () => {
    const { reader } = read([chunk({ content: "<tool_call>" }), chunk({ content: "{" })], { tools: [weather] });
    expect(reader.usage().completionTokens).toBe(2);
  });
});

describe("log probabilities", () => {
  const entry = { token: "a", logprob: -1, bytes: [97], top_logprobs: [{ token: "b", logprob: -2, bytes: null }] };

  it("are read from a list of entries, in llama.cpp's completion too", () => {
    const choice = { index: 0, logprobs: { content: [entry, { token: 3 }] } };
    expect(read([{ choices: [{ ...choice, delta: { content: "a" } }] }]).deltas[0]?.logprobs).toEqual([entry]);
    const completion = read([{ choices: [{ ...choice, text: "a" }] }], { kind: "completion" });
    expect(completion.deltas[0]?.logprobs).toEqual([entry]);
  });

  it("are read from a completion's parallel arrays", () => {
    const logprobs = { tokens: ["a"], token_logprobs: [-1], top_logprobs: [{ b: -2 }] };
    const { deltas } = read([{ choices: [{ index: 0, text: "a", logprobs }] }], { kind: "completion" });
    expect(deltas[0]?.logprobs).toEqual([{ ...entry, bytes: null }]);
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
