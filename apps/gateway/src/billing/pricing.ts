/** What a model costs, as customers and routers read it in the listing. */
import type { Price } from "@tera/database";
import { formatUsd } from "@tera/metering";

/** Decimal strings of USD, each for one unit: a token, an image, a request, a character of speech. */
export interface Pricing {
  input: string;
  output: string;
  cache_read: string;
  /** Images are counted in input tokens and cost nothing beside them. */
  image: string;
  request: string;
  /** Only where speech has a price. */
  character?: string;
  /** The old names of input and output. */
  prompt: string;
  completion: string;
}

export function renderPricing(price: Price): Pricing {
  const input = formatUsd(price.inputNano);
  const output = formatUsd(price.outputNano);
  return {
    input,
    output,
    cache_read: formatUsd(price.cacheReadNano),
    image: "0",
    request: formatUsd(price.requestNano),
    ...(price.characterNano > 0n ? { character: formatUsd(price.characterNano) } : {}),
    prompt: input,
    completion: output,
  };
}
