/** OpenAI Chat Completions as one body: collects the deltas and renders them at the end. */
import type { FinishReason, ReasoningField, TokenLogprob } from "@tera/protocol";
import type { RenderContext, Renderer } from "../dialect.ts";
import { toOpenAiUsage } from "../openai-usage.ts";
import { nameReasoning } from "./reasoning.ts";
import { joinToolCalls, type ToolCall } from "./tool-calls.ts";

interface Choice {
  content: string[];
  reasoning: string[];
  toolCalls: ToolCall[];
  logprobs: TokenLogprob[] | undefined;
  finishReason: FinishReason | null;
}

export function createChatWhole({ requestId, createdAtS, reasoningField }: RenderContext, model: string): Renderer {
  const choices: Choice[] = [];

  function choiceAt(index: number): Choice {
    let choice = choices[index];
    if (choice === undefined) {
      choice = { content: [], reasoning: [], toolCalls: [], logprobs: undefined, finishReason: null };
      choices[index] = choice;
    }
    return choice;
  }

  return {
    contentType: "application/json; charset=utf-8",
    deltas(deltas) {
      for (const delta of deltas) {
        const choice = choiceAt(delta.index);
        if (delta.content !== undefined) choice.content.push(delta.content);
        if (delta.reasoning !== undefined) choice.reasoning.push(delta.reasoning);
        if (delta.toolCalls !== undefined) joinToolCalls(choice.toolCalls, delta.toolCalls);
        if (delta.logprobs !== undefined) choice.logprobs = (choice.logprobs ?? []).concat(delta.logprobs);
        choice.finishReason = delta.finishReason ?? choice.finishReason;
      }
      return "";
    },
    end(usage) {
      return JSON.stringify({
        id: `chatcmpl-${requestId.slice("req_".length)}`,
        object: "chat.completion",
        created: createdAtS,
        model,
        choices: choices.map((choice, index) => ({
          index,
          message: toMessage(choice, reasoningField),
          logprobs: choice.logprobs === undefined ? null : { content: choice.logprobs, refusal: null },
          finish_reason: choice.finishReason,
        })),
        usage: toOpenAiUsage(usage),
      });
    },
    error: () => undefined,
    keepAlive: undefined,
  };
}

function toMessage(choice: Choice, reasoningField: ReasoningField) {
  const content = choice.content.join("");
  const toolCalls = choice.toolCalls.filter((call) => call !== undefined);
  return {
    role: "assistant",
    content: content === "" && toolCalls.length > 0 ? null : content,
    refusal: null,
    ...nameReasoning(reasoningField, choice.reasoning.length > 0 ? choice.reasoning.join("") : undefined),
    tool_calls: toolCalls.length > 0 ? toolCalls : undefined,
  };
}
