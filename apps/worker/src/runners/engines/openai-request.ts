/** A canonical request in the words of an OpenAI-compatible engine. An allow-list: nothing else ever reaches one. */
import type { ChatGeneration, CompletionGeneration, Sampling, SpeechGeneration } from "@tera/protocol";

type Body = Record<string, unknown>;

/** Always streamed: a stream can be cancelled, has deadlines, and is counted even when it is cut. */
const streamed = { stream: true, stream_options: { include_usage: true } };

export function toChatBody(request: ChatGeneration): Body {
  const body: Body = {
    model: request.model,
    messages: request.messages,
    ...streamed,
    ...toSamplingBody(request.sampling),
  };
  if (request.n > 1) body["n"] = request.n;
  if (request.sampling.logprobs !== undefined) {
    body["logprobs"] = true;
    body["top_logprobs"] = request.sampling.logprobs;
  }
  if (request.tools !== undefined) body["tools"] = request.tools;
  if (request.toolChoice !== undefined) body["tool_choice"] = request.toolChoice;
  if (request.parallelToolCalls !== undefined) body["parallel_tool_calls"] = request.parallelToolCalls;
  if (request.responseFormat !== undefined) body["response_format"] = request.responseFormat;
  if (request.reasoningEffort !== undefined) body["reasoning_effort"] = request.reasoningEffort;
  return body;
}

export function toCompletionBody(request: CompletionGeneration): Body {
  const [first] = request.prompts;
  const body: Body = {
    model: request.model,
    prompt: request.prompts.length === 1 ? first : request.prompts,
    ...streamed,
    ...toSamplingBody(request.sampling),
  };
  if (request.n > 1) body["n"] = request.n;
  if (request.echo) body["echo"] = true;
  if (request.suffix !== undefined) body["suffix"] = request.suffix;
  if (request.sampling.logprobs !== undefined) body["logprobs"] = request.sampling.logprobs;
  return body;
}

export function toSpeechBody(request: SpeechGeneration): Body {
  const body: Body = { model: request.model, input: request.input, response_format: request.format };
  if (request.voice !== undefined) body["voice"] = request.voice;
  if (request.speed !== undefined) body["speed"] = request.speed;
  if (request.langCode !== undefined) body["lang_code"] = request.langCode;
  if (request.instructions !== undefined) body["instructions"] = request.instructions;
  return body;
}

/** Our name, the engine's name. `repetition_penalty`, `top_k` and `min_p` are vLLM's and SGLang's spelling. */
const samplingNames: readonly (readonly [Exclude<keyof Sampling, "logprobs">, string])[] = [
  ["maxTokens", "max_tokens"],
  ["temperature", "temperature"],
  ["topP", "top_p"],
  ["topK", "top_k"],
  ["minP", "min_p"],
  ["repetitionPenalty", "repetition_penalty"],
  ["frequencyPenalty", "frequency_penalty"],
  ["presencePenalty", "presence_penalty"],
  ["seed", "seed"],
  ["stop", "stop"],
  ["logitBias", "logit_bias"],
];

export const samplingParameterNames: readonly string[] = samplingNames.map(([, name]) => name);

function toSamplingBody(sampling: Sampling): Body {
  const body: Body = {};
  for (const [ours, theirs] of samplingNames) {
    if (sampling[ours] !== undefined) body[theirs] = sampling[ours];
  }
  return body;
}
