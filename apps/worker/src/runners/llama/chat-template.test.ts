import type { ChatGeneration, Tool } from "@tera/protocol";
import { expect, test } from "vitest";
import { type ChatTemplate, createChatTemplate } from "./chat-template.ts";

const none = { tools: [], enableThinking: undefined };

function template(source: string | undefined): ChatTemplate {
  return createChatTemplate({ source, bosToken: "<s>", eosToken: "</s>" });
}

function request(messages: ChatGeneration["messages"], more: Partial<ChatGeneration> = {}): ChatGeneration {
  return { kind: "chat", model: "m", messages, n: 1, sampling: {}, ...more };
}

const hello = request([{ role: "user", content: "Hello" }]);
const tool: Tool = { type: "function", function: { name: "f" } };

test("a model without a template gets ChatML", () => {
  const { prompt } = template(undefined).render(
    request([
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Hel" },
          { type: "text", text: "lo" },
        ],
      },
    ]),
    none,
  );
  expect(prompt).toBe(
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
  );
});

test("the template sees special tokens, tools, thinking and effort, each only where given", () => {
  const source =
    "{{ bos_token }}{{ eos_token }}{{ tools is defined }} {{ enable_thinking is defined }} {{ reasoning_effort }}";
  expect(template(source).render(hello, none).prompt).toBe("<s></s>false false ");
  const full = request(hello.messages, { reasoningEffort: "low" });
  expect(template(source).render(full, { tools: [tool], enableThinking: false }).prompt).toBe("<s></s>true true low");
});

test("a call's arguments are an object to the template, or the text itself when they are no JSON", () => {
  const source =
    "{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.arguments | tojson }};{% endfor %}{% endfor %}";
  const call = (id: string, text: string) => ({
    id,
    type: "function" as const,
    function: { name: "f", arguments: text },
  });
  const messages = [
    { role: "assistant" as const, content: null, tool_calls: [call("1", '{"a":1}'), call("2", "oops")] },
  ];
  expect(template(source).render(request(messages), none).prompt).toBe('{"a": 1};"oops";');
});

test("messages that the template rejects are the client's mistake, with the template's own words", () => {
  const source = "{% if messages[0].role != 'system' %}{{ raise_exception('system first') }}{% endif %}";
  expect(() => template(source).render(hello, none)).toThrow(
    expect.objectContaining({
      status: 400,
      code: "invalid_request",
      param: "messages",
      message: expect.stringContaining("system first"),
    }),
  );
});

test("a template that opens the reasoning block is noticed", () => {
  const source = "a{% if enable_thinking %}<think>\n{% endif %}";
  expect(template(source).render(hello, { ...none, enableThinking: true }).opensThinking).toBe(true);
  expect(template(source).render(hello, none).opensThinking).toBe(false);
});

test("tools count as known only in the notation that can be read back", () => {
  const knows = (source: string) => template(source).knowsTools;
  expect(knows('{{ tools }}<tool_call>\n{"name": <function-name>}')).toBe(true);
  expect(knows('{{ tools }}{{ \'<tool_call>\\n{\\"name\\": \\"\' }}')).toBe(true);
  expect(knows("{{ tools }}<tool_call><function=name>")).toBe(false);
  expect(knows("{{ tools }}[TOOL_CALLS]")).toBe(false);
  expect(knows("{{ messages }}")).toBe(false);
});

test("a template that is no Jinja is named as the reason", () => {
  expect(() => template("{% if %}")).toThrow("chat template cannot be read");
});
