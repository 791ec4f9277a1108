/**
 * What the engine of `bench overhead` answers: the same sixteen tokens, as one body and as a stream. Both are fixed texts, so that an engine needs no
 * time for them. vLLM's shape: a first chunk with the role, a chunk per token, the usage where `include_usage` asks for it.
 */
export const fixedModel = "bench/fixed-16";

const words = "The quick brown fox jumps over the lazy dog while seven wizards watch from afar".split(" ");
/** The text in pieces, one per token. */
const pieces = [...words.map((word, index) => (index === 0 ? word : ` ${word}`)), "."];

export const answerText = pieces.join("");
const usage = { prompt_tokens: 256, total_tokens: 256 + pieces.length, completion_tokens: pieces.length };
const head = { id: "chatcmpl-0f6f1a7d54e24dbb8f5d7c3b6a1e9d20", created: 1_750_000_000, model: fixedModel };

export const wholeAnswer = JSON.stringify({
  ...head,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: answerText, tool_calls: [] },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage,
});

function chunk(delta: object, finishReason: string | null): object {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return { ...head, object: "chat.completion.chunk", choices };
}

export const streamedAnswer = [
  chunk({ role: "assistant", content: "" }, null),
  ...pieces.map((content, index) => chunk({ content }, index === pieces.length - 1 ? "stop" : null)),
  { ...head, object: "chat.completion.chunk", choices: [], usage },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .concat("data: [DONE]\n\n")
  .join("");

/** What a worker looks for before it sends work: the model, and that the engine lives. */
export const modelsAnswer = JSON.stringify({
  object: "list",
  data: [{ id: fixedModel, object: "model", created: head.created, owned_by: "vllm", max_model_len: 32_768 }],
});
export const versionAnswer = JSON.stringify({ version: "0.14.0" });
