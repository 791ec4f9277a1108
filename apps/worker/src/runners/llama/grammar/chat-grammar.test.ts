import type { ChatGeneration, Tool } from "@tera/protocol";
import { getLlama, type Llama } from "node-llama-cpp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type ChatGrammarOptions, compileChatGrammar } from "./chat-grammar.ts";

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false });
});
afterAll(() => llama.dispose());

const textTester = z.custom<(text: string) => boolean>((value) => typeof value === "function");

async function accepts(source: string | undefined, text: string): Promise<boolean> {
  const grammar = await llama.createGrammar({ grammar: source ?? expect.fail("there is no grammar") });
  return textTester.parse(Reflect.get(grammar, "_testText")).call(grammar, text);
}

function tool(name: string, parameters?: Record<string, unknown>, strict = false): Tool {
  return { type: "function", function: { name, strict, ...(parameters === undefined ? {} : { parameters }) } };
}

function compile(request: Partial<ChatGeneration>, options: Partial<ChatGrammarOptions> = {}) {
  const chat: ChatGeneration = { kind: "chat", model: "m", messages: [], n: 1, sampling: {}, ...request };
  return compileChatGrammar(chat, { tools: [], thinking: "none", ...options });
}

const weather = tool("get_weather", { type: "object", properties: { city: { type: "string" } }, required: ["city"] });
const time = tool("get_time", { type: "object", properties: {} });
const call = (name: string, text: string) => `<tool_call>\n{"name": "${name}", "arguments": ${text}}\n</tool_call>`;
const json = { responseFormat: { type: "json_object" as const } };

test("a plain request is free", () => {
  expect(compile({})).toEqual({});
  expect(compile({ responseFormat: { type: "text" } })).toEqual({});
});

test("a required call is one of the tools', with its own arguments, once or more", async () => {
  const { answer } = compile({ toolChoice: "required" }, { tools: [weather, time] });
  const oslo = call("get_weather", '{"city": "Oslo"}');
  expect(await accepts(answer, oslo)).toBe(true);
  expect(await accepts(answer, `${oslo}\n${call("get_time", "{}")}`)).toBe(true);
  for (const wrong of [call("get_weather", "{}"), call("get_time", '{"a": 1}'), call("other", "{}"), "Hello", ""]) {
    expect([wrong, await accepts(answer, wrong)]).toEqual([wrong, false]);
  }
});

test("a named function, and calls that may not be parallel, are called exactly once", async () => {
  const named = { type: "function" as const, function: { name: "get_time" } };
  const [oslo, now] = [call("get_weather", '{"city": "Oslo"}'), call("get_time", "{}")];
  const byName = compile({ toolChoice: named }, { tools: [weather, time] }).answer;
  expect([await accepts(byName, now), await accepts(byName, oslo), await accepts(byName, `${now}\n${now}`)]).toEqual([
    true,
    false,
    false,
  ]);
  const single = compile({ toolChoice: "required", parallelToolCalls: false }, { tools: [weather, time] }).answer;
  expect([await accepts(single, oslo), await accepts(single, `${now}\n${now}`)]).toEqual([true, false]);
});

test("a free answer binds only what follows an opening tag", async () => {
  const grammar = compile({}, { tools: [weather] });
  expect(grammar.answer).toBeUndefined();
  expect(await accepts(grammar.toolCall, call("get_weather", '{"city": "Oslo"}').slice("<tool_call>".length))).toBe(
    true,
  );
});

test("with a response format, the answer is JSON or a call", async () => {
  const { answer } = compile(json, { tools: [weather] });
  for (const text of ['{"a": 1}', call("get_weather", '{"city": "Oslo"}')])
    expect(await accepts(answer, text)).toBe(true);
  expect(await accepts(answer, "Hello")).toBe(false);
});

test("thinking is let through where it may be, up to its closing tag", async () => {
  const possible = compile(json, { thinking: "possible" }).answer;
  const open = compile(json, { thinking: "open" }).answer;
  const thought = "a < b </b> <</</thin </think>\n\n{}";
  expect([await accepts(possible, `<think>${thought}`), await accepts(possible, "{}")]).toEqual([true, true]);
  expect([await accepts(open, thought), await accepts(open, "{}")]).toEqual([true, false]);
  expect(await accepts(possible, "<think>a</think> no JSON")).toBe(false);
  expect(await accepts(compile(json).answer, "<think></think>{}")).toBe(false);
});

test("a schema that cannot be enforced is refused for strict tools, and any object is taken for others", async () => {
  const parameters = { type: "object", properties: { id: { type: "string", pattern: "^x" } } };
  const { answer } = compile({ toolChoice: "required" }, { tools: [tool("f", parameters)] });
  expect(await accepts(answer, call("f", '{"id": "y", "more": 1}'))).toBe(true);
  expect(() => compile({}, { tools: [tool("f", parameters, true)] })).toThrow(
    expect.objectContaining({ code: "unsupported_parameter", param: "tools" }),
  );
});
