/** Rating: what usage costs by a price, and what a request can cost at the most. Pure; integers only. */
import type { Price } from "@tera/database";
import type { BillingLane, ChatMessage, GenerationRequest, Usage, UsageRecord } from "@tera/protocol";

/** The amounts of a price; all nano-USD per unit. */
export type Rates = Pick<
  Price,
  "inputNano" | "outputNano" | "cacheReadNano" | "requestNano" | "characterNano" | "batchDiscountBasisPoints"
>;

/** What this usage costs. The batch discount is rounded in the customer's favour. */
function rateUsage(usage: Usage, rates: Rates, lane: BillingLane): bigint {
  const cached = BigInt(usage.cachedTokens);
  const total =
    (BigInt(usage.promptTokens) - cached) * rates.inputNano +
    cached * rates.cacheReadNano +
    BigInt(usage.completionTokens) * rates.outputNano +
    BigInt(usage.speechCharacters) * rates.characterNano +
    rates.requestNano;
  return discount(total, rates, lane);
}

/** What a request is charged: nothing where we failed, and nothing where nothing was done. */
export function rateRecord(record: UsageRecord, rates: Rates, lane: BillingLane): bigint {
  if (record.status === "failed") return 0n;
  const { usage } = record;
  const nothingDone = usage.promptTokens + usage.completionTokens + usage.speechCharacters === 0;
  return record.status === "cancelled" && nothingDone ? 0n : rateUsage(usage, rates, lane);
}

/** The most that a request can come to. */
export interface CostBound {
  /** Prompt, characters and the request itself: certain to be within this. */
  readonly baseNano: bigint;
  /** Each further output token of every choice together. */
  readonly perOutputTokenNano: bigint;
  /** Output tokens per choice that the client asked for; undefined: as many as the model makes. */
  readonly outputTokens: number | undefined;
}

/** What a chat template adds per message, tool and prompt, in tokens; far more than any does. */
const templateTokens = 256;

/** What engines make of the largest image that they do not make smaller first (Qwen-VL; others stay far below). A blank one of that size is a few kilobytes. */
const imageTokens = 16_384;

/** A token has at least one byte, so the bytes of a prompt bound its tokens from above; of an image, its pixels do. */
export function boundCost(request: GenerationRequest, rates: Rates, lane: BillingLane): CostBound {
  if (request.kind === "speech") {
    const characters = BigInt([...request.input].length);
    const baseNano = discount(characters * rates.characterNano + rates.requestNano, rates, lane);
    return { baseNano, perOutputTokenNano: 0n, outputTokens: 0 };
  }
  const dearest = rates.inputNano > rates.cacheReadNano ? rates.inputNano : rates.cacheReadNano;
  const choices = BigInt(request.n * (request.kind === "completion" ? request.prompts.length : 1));
  return {
    baseNano: discount(BigInt(boundPromptTokens(request)) * dearest + rates.requestNano, rates, lane),
    perOutputTokenNano: choices * rates.outputNano,
    outputTokens: request.sampling.maxTokens,
  };
}

/** Tokens that the prompt cannot exceed. */
function boundPromptTokens(request: Exclude<GenerationRequest, { kind: "speech" }>): number {
  if (request.kind === "completion") {
    // Engines count the suffix with each prompt.
    const each = boundText(request.suffix ?? "") + templateTokens;
    return request.prompts.reduce(
      (sum, prompt) => sum + each + (typeof prompt === "string" ? boundText(prompt) : prompt.length),
      0,
    );
  }
  const parts = [request.messages, request.tools, request.responseFormat].map((part) =>
    part === undefined ? 0 : boundText(JSON.stringify(part)),
  );
  return parts.reduce(
    (sum, tokens) => sum + tokens,
    templateTokens * (request.messages.length + 1) +
      request.messages.reduce((sum, message) => sum + boundImages(message), 0),
  );
}

/** Some tokenizers (Qwen's) compose characters first, and a few dozen grow to three times their bytes by it. */
function boundText(text: string): number {
  return Math.max(Buffer.byteLength(text), Buffer.byteLength(text.normalize("NFC")));
}

/** By how much the images of a message are more tokens (or fewer) than their data is bytes. */
function boundImages({ content }: ChatMessage): number {
  if (!Array.isArray(content)) return 0;
  return content.reduce(
    (sum, part) => sum + (part.type === "image_url" ? imageTokens - part.image_url.url.length : 0),
    0,
  );
}

function discount(nano: bigint, { batchDiscountBasisPoints }: Rates, lane: BillingLane): bigint {
  return lane === "batch" ? (nano * BigInt(10_000 - batchDiscountBasisPoints)) / 10_000n : nano;
}
