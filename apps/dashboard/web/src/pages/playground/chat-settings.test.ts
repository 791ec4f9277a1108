import { expect, test } from "vitest";
import { plainSettings, problemOf, toChatRequest } from "./chat-settings.ts";

test("settings that were not touched are not in the request", () => {
  const messages = [{ role: "user", content: "Hello" }] as const;
  expect(toChatRequest("a/b", plainSettings, messages)).toEqual({ model: "a/b", messages });
});

test("what was set is in the request, as OpenAI spells it", () => {
  const settings = {
    ...plainSettings,
    system: "Be brief",
    temperature: 0,
    maxTokens: 5,
    tools: '[{"type":"function"}]',
    schema: '{"type":"object"}',
  };
  expect(toChatRequest("a/b", settings, [])).toMatchObject({
    messages: [{ role: "system", content: "Be brief" }],
    temperature: 0,
    max_tokens: 5,
    tools: [{ type: "function" }],
    response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
  });
});

test("JSON that cannot be used is told before it is sent", () => {
  expect(problemOf("", "tools")).toBeNull();
  expect(problemOf("{", "schema")).toBe("is not valid JSON");
  expect(problemOf("{}", "tools")).toMatch(/list of tools/);
  expect(problemOf("[]", "schema")).toMatch(/JSON schema/);
});
