/**
 * Text Generation Inference. Sources: https://huggingface.co/docs/text-generation-inference/messages_api,
 * https://huggingface.co/docs/text-generation-inference/basic_tutorials/using_guidance (`response_format` with `value`; not together with tools),
 * https://huggingface.co/docs/text-generation-inference/reference/metrics, router/src/lib.rs, server.rs and validation.rs in
 * github.com/huggingface/text-generation-inference (`/info`; any model name but `tgi` is an adapter's; `top_p` of 1 is refused; `n` and
 * `logit_bias` are unused; the stop string stays in the text; `presence_penalty` plus 2 is taken for the repetition penalty, so that 0 would spoil the text).
 */
import { type EngineClient, EngineIllError } from "./engine-client.ts";
import type { EngineProfile, EngineReport } from "./engine-profile.ts";
import { asCount, asObject, asString } from "./json-access.ts";
import { toPublicId } from "./model-ids.ts";
import { openAiText } from "./openai-dialect.ts";

async function inspect(client: EngineClient): Promise<EngineReport> {
  const info = asObject(await client.read("/info"));
  const modelId = asString(info?.["model_id"]);
  if (modelId === undefined) throw new EngineIllError("/info names no model");
  return {
    slots: asCount(info?.["max_concurrent_requests"]) || undefined,
    models: [
      {
        engineId: "tgi",
        publicId: toPublicId(modelId),
        kind: "text",
        contextLength: asCount(info?.["max_total_tokens"]) || undefined,
        isLoaded: true,
        isAdapter: false,
      },
    ],
  };
}

export const tgi: EngineProfile = {
  name: "tgi",
  pages: ["/info"],
  recognise(page) {
    const info = asObject(page("/info")?.json);
    const isTgi =
      asString(info?.["model_id"]) !== undefined && asCount(info?.["max_concurrent_requests"]) !== undefined;
    return isTgi ? { version: asString(info?.["version"]) } : undefined;
  },
  healthPath: "/health",
  createInspector: (client) => () => inspect(client),
  text: {
    ...openAiText,
    sampling: {
      maxTokens: "max_tokens",
      temperature: "temperature",
      topP: "top_p",
      frequencyPenalty: "frequency_penalty",
      seed: "seed",
      stop: "stop",
    },
    topLogprobsMax: 5,
    severalChoices: false,
    severalPrompts: false,
    stopInText: true,
    developerRole: false,
    parallelToolCalls: false,
    responseFormat(format) {
      if (format.type === "text") return undefined;
      return {
        type: "json_object",
        value: format.type === "json_schema" ? format.json_schema.schema : { type: "object" },
      };
    },
    reasoningEffort: () => undefined,
    adjust(body) {
      if (body["top_p"] === 1) delete body["top_p"];
    },
  },
  canary: "first",
  metrics: {
    path: "/metrics",
    running: "tgi_batch_current_size",
    waiting: "tgi_queue_size",
    promptTokens: "tgi_request_input_length_sum",
    completionTokens: "tgi_request_generated_tokens_sum",
    howToEnable: "its metrics are always on",
  },
};
