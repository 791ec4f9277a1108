import type { Tool, ToolCallDelta } from "@tera/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createToolCallParser, type ToolCallPiece } from "./tool-call-parser.ts";

interface Parsed {
  content: string;
  calls: { id: string; name: string; arguments: string }[];
}

/** Joins pieces the way a client does. */
function collect(pieces: ToolCallPiece[]): Parsed {
  const parsed: Parsed = { content: "", calls: [] };
  for (const piece of pieces) {
    parsed.content += piece.content;
    for (const delta of piece.toolCalls) join(parsed, delta);
  }
  return parsed;
}

function join(parsed: Parsed, delta: ToolCallDelta): void {
  if (delta.id !== undefined && delta.name !== undefined) {
    expect(delta.index).toBe(parsed.calls.length);
    parsed.calls.push({ id: delta.id, name: delta.name, arguments: "" });
  }
  const call = parsed.calls[delta.index];
  expect(call).toBeDefined();
  if (call !== undefined) call.arguments += delta.arguments ?? "";
}

const forecast: Tool = {
  type: "function",
  function: {
    name: "forecast",
    parameters: { properties: { city: { type: "string" }, days: { type: "integer" }, hourly: { type: "boolean" } } },
  },
};

function parse(chunks: string[]): Parsed {
  let ids = 0;
  const parser = createToolCallParser({ tools: [forecast], newId: () => `call_${ids++}` });
  return collect([...chunks.map((chunk) => parser.push(chunk)), parser.end()]);
}

const weather = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>';

test("one call is found and its white space belongs to nobody", () => {
  expect(parse([`Let me look.\n\n${weather}\n`])).toEqual({
    content: "Let me look.",
    calls: [{ id: "call_0", name: "get_weather", arguments: '{"city": "Oslo"}' }],
  });
});

test("several calls have an index each", () => {
  const parsed = parse([`${weather}\n${weather.replace("Oslo", "Rome")}`]);
  expect(parsed.content).toBe("");
  expect(parsed.calls.map((call) => call.arguments)).toEqual(['{"city": "Oslo"}', '{"city": "Rome"}']);
});

test("the name is given before the arguments are complete, and the arguments as they come", () => {
  const parser = createToolCallParser({ newId: () => "call_0" });
  expect(parser.push('<tool_call>{"name": "search", "arguments": {"q": "a').toolCalls).toEqual([
    { index: 0, id: "call_0", name: "search", arguments: '{"q": "a' },
  ]);
  expect(parser.push("bc").toolCalls).toEqual([{ index: 0, arguments: "bc" }]);
});

test("a closing tag inside an argument's string does not end the call", () => {
  const call = '<tool_call>{"name": "say", "arguments": {"text": "</tool_call>"}}</tool_call>';
  expect(parse([call])).toEqual({
    content: "",
    calls: [{ id: "call_0", name: "say", arguments: '{"text": "</tool_call>"}' }],
  });
});

test("keys in another order, more keys and arguments as a string are understood", () => {
  expect(parse(['<tool_call>{"arguments": {"a": 1}, "name": "f"}</tool_call>']).calls).toEqual([
    { id: "call_0", name: "f", arguments: '{"a":1}' },
  ]);
  expect(parse(['<tool_call>{"id": 7, "name": "f"}</tool_call>']).calls).toEqual([
    { id: "call_0", name: "f", arguments: "{}" },
  ]);
  expect(parse(['<tool_call>{"name": "f", "arguments": "{\\"a\\": 1}"}</tool_call>']).calls).toEqual([
    { id: "call_0", name: "f", arguments: '{"a": 1}' },
  ]);
});

test("what is between the tags and no call becomes content, tags included", () => {
  for (const text of [
    "a <tool_call>get_weather(Oslo)</tool_call> b",
    '<tool_call>{"name": "f", "arguments": [1]}</tool_call>',
    '<tool_call>{"name": 5}</tool_call>',
    "<tool_call>\n",
    "<tool_call>{",
    "text <tool_ca",
  ]) {
    expect(parse([text])).toEqual({ content: text, calls: [] });
  }
});

test("arguments that stop being JSON end the call there, and the rest is content", () => {
  expect(parse(['<tool_call>{"name": "f", "arguments": {"a": oops}}</tool_call>'])).toEqual({
    content: "oops}}</tool_call>",
    calls: [{ id: "call_0", name: "f", arguments: '{"a": ' }],
  });
});

test("a call cut off by the end of the text keeps what it had", () => {
  expect(parse(['<tool_call>{"name": "f", "arguments": {"a": "b'])).toEqual({
    content: "",
    calls: [{ id: "call_0", name: "f", arguments: '{"a": "b' }],
  });
});

test("it tells when a call has just been opened, is open and is complete", () => {
  const parser = createToolCallParser();
  parser.push("Sure.");
  expect([parser.inCall, parser.atOpening, parser.completedCalls]).toEqual([false, false, 0]);
  parser.push("<tool_call>");
  expect([parser.inCall, parser.atOpening, parser.completedCalls]).toEqual([true, true, 0]);
  parser.push('\n{"name": "f", "arguments": {}}');
  expect([parser.inCall, parser.atOpening, parser.completedCalls]).toEqual([true, false, 0]);
  parser.push("\n</tool_call>");
  expect([parser.inCall, parser.atOpening, parser.completedCalls]).toEqual([false, false, 1]);
});

const xmlCall = `<tool_call>
<function=forecast>
<parameter=city>
Oslo "5"
</parameter>
<parameter=days>
3
</parameter>
<parameter=hourly>
True
</parameter>
</function>
</tool_call>`;

test("a call in XML is found, and its values have the types of the tool's schema", () => {
  const { content, calls } = parse([`Sure.\n${xmlCall}\n${xmlCall}\n`]);
  expect(content).toBe("Sure.");
  expect(calls.map(({ id, name }) => [id, name])).toEqual([
    ["call_0", "forecast"],
    ["call_1", "forecast"],
  ]);
  expect(JSON.parse(calls[1]?.arguments ?? "")).toEqual({ city: 'Oslo "5"', days: 3, hourly: true });
});

test("a call in XML is given parameter by parameter", () => {
  const parser = createToolCallParser({ newId: () => "call_0" });
  expect(parser.push("<tool_call>\n<function=f>\n<para").toolCalls).toEqual([{ index: 0, id: "call_0", name: "f" }]);
  expect(parser.push("meter=a>\nx\n</parameter>\n<parameter=b>").toolCalls).toEqual([
    { index: 0, arguments: '{"a": "x"' },
  ]);
  expect(parser.push("y</parameter></function>").toolCalls).toEqual([{ index: 0, arguments: ', "b": "y"}' }]);
  expect([parser.inCall, parser.completedCalls]).toEqual([true, 0]);
  parser.push("\n</tool_call>");
  expect([parser.inCall, parser.completedCalls]).toEqual([false, 1]);
});

test.each([
  ["without parameters", "<tool_call><function=f></function></tool_call>", "{}"],
  ["without its closing tags", "<tool_call><function=f><parameter=a>1</parameter></tool_call>", '{"a": "1"}'],
  ["that the text ends within", "<tool_call><function=f><parameter=a>1</parameter>", '{"a": "1"}'],
  ["with a parameter that never ends", "<tool_call><function=f><parameter=a>1", "{}"],
])("a call in XML %s has whole arguments", (_name, text, given) => {
  expect(parse([text])).toEqual({ content: "", calls: [{ id: "call_0", name: "f", arguments: given }] });
});

test("a call in XML that was cut off keeps what it had", () => {
  const parser = createToolCallParser({ newId: () => "call_0" });
  const pieces = [parser.push("<tool_call><function=f><parameter=a>1</parameter><param"), parser.end(true)];
  expect(collect(pieces).calls).toEqual([{ id: "call_0", name: "f", arguments: '{"a": "1"' }]);
});

test("what stands between parameters ends a call in XML, and is content", () => {
  expect(parse(["<tool_call><function=f>oops</function></tool_call>"])).toEqual({
    content: "oops</function></tool_call>",
    calls: [{ id: "call_0", name: "f", arguments: "{}" }],
  });
});

const fragment = fc.oneof(
  fc.constantFrom("<function=f>", "</function>", "<parameter=days>", "</parameter>", "<parameter=", xmlCall, "3"),
  fc.constantFrom("<tool_call>", "</tool_call>", "<tool", "\n", " ", "{", "}", "text", weather, `${weather}\n`),
  fc.constantFrom('{"name": "f", "arguments": ', '{"x": "</tool_call>"}', '{"arguments": {}, "name": "g"}'),
);

test("every chunk border gives the same result", () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 7 }), (fragments) => {
      const text = fragments.join("");
      const whole = parse([text]);
      for (let border = 1; border < text.length; border++) {
        expect(parse([text.slice(0, border), text.slice(border)])).toEqual(whole);
      }
      expect(parse([...text])).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test("nothing but white space is lost: what is not in a call is in the content", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("<tool_call>", "a", "{", "<", "tool_call>", " ", "</tool_call>"), { maxLength: 12 }),
      (parts) => {
        const text = parts.join("");
        expect(parse([text])).toEqual({ content: text, calls: [] });
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a parameter's name that never ends gives the same result for every chunk border", () => {
  for (const length of [255, 256, 257, 300]) {
    const text = `<tool_call><function=f><parameter=${"a".repeat(length)}>1</parameter></function></tool_call>`;
    expect(parse([...text])).toEqual(parse([text]));
  }
});

test("the beginning of a call that was cut off is shown to nobody", () => {
  const parser = createToolCallParser();
  const shown = parser.push('Let me see. <tool_call>\n{"name": "get_wea').content + parser.end(true).content;
  expect(shown.trim()).toBe("Let me see.");
});
