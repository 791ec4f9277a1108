/** Part of the conformance suite: tools are called, whoever finds the calls. */
import type { ChatGeneration, Tool } from "@tera/protocol";
import { expectedChat, triggers } from "@tera/testkit";
import { describe, expect, it } from "vitest";
import { type Conversation, say } from "./conformance-subject.ts";

const tools: Tool[] = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: {
    name,
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer" },
        units: { type: "array", items: { type: "string" } },
      },
      required: ["city", "days", "units"],
    },
  },
}));

export function testTools(talk: Conversation): void {
  describe("with tools", () => {
    const asking = say(`Weather? ${triggers.callAllTools}`);
    const expectedCalls = (change: object = {}) =>
      expectedChat({ messages: asking, tools, max_tokens: 500, ...change }).choices[0]?.calls ?? [];

    it("has its calls passed on, each with an id of its own", async () => {
      const { calls, finishReasons, content } = await talk.runOne({ messages: asking, tools }, { maxTokens: 500 });
      expect(calls.map(({ name, arguments: text }) => ({ name, arguments: text }))).toEqual(expectedCalls());
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      for (const { id } of calls) expect(id).toMatch(/./);
      expect([content, finishReasons]).toEqual(["", ["tool_calls"]]);
    });

    it.each(["hermes", "qwen3_coder"] as const)(
      "has calls found that it leaves in its text as %s",
      async (rawTools) => {
        talk.attached.engine.set({ rawTools });
        const { calls, finishReasons, content } = await talk.runOne({ messages: asking, tools }, { maxTokens: 500 });
        const parse = (text: string): unknown => JSON.parse(text);
        expect(calls.map(({ name, arguments: text }) => [name, parse(text)])).toEqual(
          expectedCalls().map(({ name, arguments: text }) => [name, parse(text)]),
        );
        expect([content.trim(), finishReasons]).toEqual(["", ["tool_calls"]]);
      },
    );

    it("calls no other tool than the one that it must", async () => {
      const toolChoice = { type: "function" as const, function: { name: "get_time" } };
      const { calls } = await talk.runOne({ messages: asking, tools, toolChoice }, { maxTokens: 500 });
      expect(calls.map(({ name }) => name)).toEqual(["get_time"]);
    });

    it("calls none when it must not", async () => {
      const { calls, content } = await talk.runOne({ messages: asking, tools, toolChoice: "none" });
      expect(calls).toEqual([]);
      expect(content).not.toBe("");
    });

    it("reads the results of a call", async () => {
      const { calls } = await talk.runOne({ messages: asking, tools }, { maxTokens: 500 });
      const [call] = calls;
      const conversation: ChatGeneration["messages"] = [
        ...asking,
        {
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: call?.id ?? "",
              type: "function",
              function: { name: call?.name ?? "", arguments: call?.arguments ?? "" },
            },
          ],
        },
        { role: "tool", tool_call_id: call?.id ?? "", content: "sunny" },
      ];
      const expected = expectedChat({ messages: conversation, tools, max_tokens: 12 }).choices[0];
      const answer = await talk.runOne({ messages: conversation, tools }, { maxTokens: 12 });
      expect([answer.content, answer.calls]).toEqual([expected?.content, []]);
    });
  });
}
