import { emptyUsage, type ReasoningField } from "@tera/protocol";
import { expect, test } from "vitest";
import { createChatStream } from "./stream.ts";
import { createChatWhole } from "./whole.ts";

const deltas = [
  { index: 0, reasoning: "because" },
  { index: 0, content: "Yes", finishReason: "stop" as const },
];

test.each<[ReasoningField, object]>([
  ["reasoning_content", { reasoning_content: "because" }],
  ["reasoning", { reasoning: "because" }],
  ["both", { reasoning_content: "because", reasoning: "because" }],
])("reasoning goes where the catalog says, whole and streamed: %s", (reasoningField, expected) => {
  const context = { requestId: "req_1", createdAtS: 1, reasoningField };
  const whole = createChatWhole(context, "org/m");
  whole.deltas(deltas);
  const { choices } = JSON.parse(String(whole.end(emptyUsage("engine"))));
  expect(choices[0].message).toEqual({ role: "assistant", content: "Yes", refusal: null, ...expected });

  const chunks = [...String(createChatStream(context, "org/m", false).deltas(deltas)).matchAll(/^data: (.*)$/gm)];
  const pieces: unknown[] = chunks.map(([, text]) => JSON.parse(text ?? "").choices[0].delta);
  expect(pieces).toEqual([{ role: "assistant", content: "" }, expected, { content: "Yes" }]);
});

test("an answer without reasoning has neither field", () => {
  const whole = createChatWhole({ requestId: "req_1", createdAtS: 1, reasoningField: "both" }, "org/m");
  whole.deltas(deltas.slice(1));
  expect(String(whole.end(emptyUsage("engine")))).not.toContain('reasoning"');
  expect(String(whole.end(emptyUsage("engine")))).not.toContain("reasoning_content");
});
