/** OpenAI's legacy text completion as one body. */
import type { FinishReason, TokenLogprob } from "@tera/protocol";
import type { RenderContext, Renderer } from "../dialect.ts";
import { toOpenAiUsage } from "../openai-usage.ts";
import { toCompletionLogprobs } from "./logprobs.ts";

interface Choice {
  text: string[];
  logprobs: TokenLogprob[] | undefined;
  finishReason: FinishReason | null;
}

export function createCompletionWhole({ requestId, createdAtS }: RenderContext, model: string): Renderer {
  const choices: Choice[] = [];

  return {
    contentType: "application/json; charset=utf-8",
    deltas(deltas) {
      for (const delta of deltas) {
        choices[delta.index] ??= { text: [], logprobs: undefined, finishReason: null };
        const choice = choices[delta.index];
        if (choice === undefined) continue;
        choice.text.push((delta.reasoning ?? "") + (delta.content ?? ""));
        if (delta.logprobs !== undefined) choice.logprobs = (choice.logprobs ?? []).concat(delta.logprobs);
        choice.finishReason = delta.finishReason ?? choice.finishReason;
      }
      return "";
    },
    end(usage) {
      return JSON.stringify({
        id: `cmpl-${requestId.slice("req_".length)}`,
        object: "text_completion",
        created: createdAtS,
        model,
        choices: choices.map((choice, index) => ({
          text: choice.text.join(""),
          index,
          logprobs: choice.logprobs === undefined ? null : toCompletionLogprobs(choice.logprobs, 0),
          finish_reason: choice.finishReason,
        })),
        usage: toOpenAiUsage(usage),
      });
    },
    error: () => undefined,
    keepAlive: undefined,
  };
}
