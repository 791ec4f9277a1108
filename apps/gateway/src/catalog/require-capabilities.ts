/**
 * Refuses what a model certainly cannot do, before a job is made of it.
 *
 * Certain is what the operator set, and a feature that no ready replica names. A wrong refusal is worse than none: that an engine names no
 * images or speech proves nothing, because most engines say only that they make text, whatever they can do.
 */
import { type ChatGeneration, type GenerationRequest, type ModelFeature, TeraError } from "@tera/protocol";
import type { CatalogEntry } from "./catalog.ts";

type Capabilities = Pick<CatalogEntry, "profile" | "replicas" | "settings">;

/** @throws {TeraError} `unsupported_parameter`, naming the parameter. */
export function requireCapabilities(model: Capabilities, request: GenerationRequest): void {
  const { id } = model.profile;
  if (request.kind === "speech") {
    if (model.settings?.outputModalities?.includes("audio") === false) {
      throw unsupported("model", `The model \`${id}\` makes no speech.`);
    }
    return;
  }
  if (makesNoText(model)) {
    throw unsupported("model", `The model \`${id}\` makes speech only: ask it at /v1/audio/speech.`);
  }
  if (request.sampling.logprobs !== undefined && lacks(model, "logprobs")) {
    throw unsupported("logprobs", `The model \`${id}\` has no log probabilities: leave logprobs out.`);
  }
  if (request.kind === "chat") requireForChat(model, request);
}

function requireForChat(model: Capabilities, request: ChatGeneration): void {
  const { id } = model.profile;
  if (request.tools !== undefined && request.toolChoice !== "none" && lacks(model, "tools")) {
    throw unsupported("tools", `The model \`${id}\` cannot call tools: leave tools out.`);
  }
  const format = request.responseFormat?.type;
  if (format === "json_schema" && lacks(model, "structured_outputs")) {
    throw unsupported("response_format", `The model \`${id}\` cannot follow a JSON schema: leave it out.`);
  }
  if (format === "json_object" && lacks(model, "json_mode") && lacks(model, "structured_outputs")) {
    throw unsupported("response_format", `The model \`${id}\` has no JSON mode: leave response_format out.`);
  }
  if (model.settings?.inputModalities?.includes("image") === false) {
    const param = findImage(request);
    if (param !== undefined) throw unsupported(param, `The model \`${id}\` reads no images: leave them out.`);
  }
}

function lacks({ settings, replicas }: Capabilities, feature: ModelFeature): boolean {
  if (settings?.features != null) return !settings.features.includes(feature);
  return !replicas.some(({ features }) => features.includes(feature));
}

function makesNoText({ settings, replicas }: Capabilities): boolean {
  if (settings?.outputModalities != null) return !settings.outputModalities.includes("text");
  return replicas.length > 0 && !replicas.some(({ outputModalities }) => outputModalities.includes("text"));
}

/** @returns the first image's place, as OpenAI spells it. */
function findImage({ messages }: ChatGeneration): string | undefined {
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    const part = content.findIndex(({ type }) => type === "image_url");
    if (part >= 0) return `messages[${index}].content[${part}]`;
  }
  return undefined;
}

function unsupported(param: string, message: string): TeraError {
  return new TeraError("unsupported_parameter", message, { param });
}
