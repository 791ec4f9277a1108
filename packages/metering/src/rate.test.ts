/**
 * Every amount, worked out a second time by a formula that shares nothing with rate.ts: from the price as it is written (USD per million), in 1e-15 USD, rounded once at the
 * end. And a third time by Postgres, which re-rates and checks with a function of its own.
 */
import { connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import type { BillingLane, ChatGeneration, CompletionGeneration, UsageRecord } from "@tera/protocol";
import { createRandom, newUsageRecord } from "@tera/testkit";
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { parseUsd, parseUsdPerMillion } from "./money.ts";
import { boundCost, type Rates, rateRecord } from "./rate.ts";

interface Mix {
  /** As an operator writes it: USD per million, USD per request, percent. */
  price: { input: string; output: string; cached: string; characters: string; request: string; discount: number };
  lane: BillingLane;
  status: UsageRecord["status"];
  prompt: number;
  cached: number;
  completion: number;
  reasoning: number;
  characters: number;
}

function rollMix(roll: (below: number) => number): Mix {
  const digits = (count: number) => String(roll(10 ** count)).padStart(count, "0");
  const perMillion = () =>
    roll(4) === 0 ? "0" : `${roll(roll(2) === 0 ? 20 : 10_000)}${roll(2) === 0 ? "" : `.${digits(1 + roll(3))}`}`;
  const tokens = () => (roll(5) === 0 ? roll(3) : roll(roll(8) === 0 ? 2_000_000_000 : 200_000));
  const prompt = tokens();
  const completion = tokens();
  return {
    price: {
      input: perMillion(),
      output: perMillion(),
      cached: perMillion(),
      characters: perMillion(),
      request: roll(3) === 0 ? `${roll(3)}.${digits(1 + roll(9))}` : "0",
      discount: roll(3) === 0 ? 5_000 : roll(10_001),
    },
    lane: roll(2) === 0 ? "batch" : "interactive",
    status: roll(8) === 0 ? "failed" : roll(4) === 0 ? "cancelled" : "succeeded",
    prompt,
    cached: roll(2) === 0 ? 0 : roll(prompt + 1),
    completion,
    reasoning: roll(completion + 1),
    characters: roll(4) === 0 ? tokens() : 0,
  };
}

/** The formula of the design, again: quantity x price, each kind of token once, minus the batch discount, whole nano-USD in the customer's favour. */
function recompute({ price, lane, status, prompt, cached, completion, characters }: Mix): bigint {
  if (status === "failed") return 0n;
  if (status === "cancelled" && prompt === 0 && completion === 0 && characters === 0) return 0n;
  /** 1e-15 USD */
  const femto = (usd: string) => {
    const [whole = "", decimals = ""] = usd.split(".");
    return BigInt(`${whole}${decimals.padEnd(15, "0")}`);
  };
  const million = 1_000_000n;
  let total = femto(price.request) * million;
  for (const [quantity, perMillion] of [
    [prompt - cached, price.input],
    [cached, price.cached],
    [completion, price.output],
    [characters, price.characters],
  ] as const) {
    total += BigInt(quantity) * femto(perMillion);
  }
  const paidHundredths = lane === "batch" ? 10_000n - BigInt(price.discount) : 10_000n;
  return (total * paidHundredths) / (million * 10_000n * million);
}

function toRates({ price }: Mix): Rates {
  return {
    inputNano: parseUsdPerMillion(price.input) ?? -1n,
    outputNano: parseUsdPerMillion(price.output) ?? -1n,
    cacheReadNano: parseUsdPerMillion(price.cached) ?? -1n,
    characterNano: parseUsdPerMillion(price.characters) ?? -1n,
    requestNano: parseUsd(price.request) ?? -1n,
    batchDiscountBasisPoints: price.discount,
  };
}

function toRecord(mix: Mix): UsageRecord {
  return newUsageRecord({
    requestId: "req_1",
    status: mix.status,
    usage: {
      promptTokens: mix.prompt,
      cachedTokens: mix.cached,
      completionTokens: mix.completion,
      reasoningTokens: mix.reasoning,
      speechCharacters: mix.characters,
    },
  });
}

test("1,000,000 random mixes of quantities, prices and discounts come to what an independent formula says", () => {
  const seed = Date.now() | 0;
  const roll = createRandom(seed);
  let different = 0;
  for (let count = 0; count < 1_000_000; count++) {
    const mix = rollMix(roll);
    const charged = rateRecord(toRecord(mix), toRates(mix), mix.lane);
    if (charged === recompute(mix)) continue;
    different++;
    expect.soft(charged, `seed ${seed}, mix ${count}: ${JSON.stringify(mix)}`).toBe(recompute(mix));
    if (different > 5) break;
  }
  expect(different).toBe(0);
}, 60_000);

test("Postgres comes to the same amounts", async () => {
  const testDatabase = await createTestDatabase();
  const { db, close } = connectDatabase({ url: testDatabase.url, name: "test" });
  onTestFinished(async () => {
    await close();
    await testDatabase.drop();
  });
  const seed = Date.now() | 0;
  const roll = createRandom(seed);
  const mixes = Array.from({ length: 5_000 }, () => rollMix(roll));
  const rows = mixes.map((mix) => {
    const rates = toRates(mix);
    return {
      event: {
        status: mix.status,
        lane: mix.lane,
        prompt_tokens: mix.prompt,
        cached_tokens: mix.cached,
        completion_tokens: mix.completion,
        speech_characters: mix.characters,
      },
      price: {
        input_nano: String(rates.inputNano),
        output_nano: String(rates.outputNano),
        cache_read_nano: String(rates.cacheReadNano),
        character_nano: String(rates.characterNano),
        request_nano: String(rates.requestNano),
        batch_discount_basis_points: rates.batchDiscountBasisPoints,
      },
    };
  });
  const { rows: rated } = await db.execute(sql`
    select rate_usage(jsonb_populate_record(null::usage_event, r->'event'), jsonb_populate_record(null::price, r->'price'))::text as nano
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as rows(r, n) order by n`);
  const amounts = z.array(z.object({ nano: z.coerce.bigint() })).parse(rated);
  expect(
    amounts.map(({ nano }) => nano),
    `seed ${seed}`,
  ).toEqual(mixes.map(recompute));
});

const oneNanoPerToken: Rates = {
  inputNano: 1n,
  outputNano: 0n,
  cacheReadNano: 0n,
  requestNano: 0n,
  characterNano: 0n,
  batchDiscountBasisPoints: 0,
};
const promptBound = (request: ChatGeneration | CompletionGeneration) =>
  Number(boundCost(request, oneNanoPerToken, "interactive").baseNano);
const completion = (change: Partial<CompletionGeneration>): CompletionGeneration => ({
  kind: "completion",
  model: "m",
  prompts: ["a"],
  echo: false,
  n: 1,
  sampling: {},
  ...change,
});

test("a suffix is held once for each prompt that it follows", () => {
  const prompts = Array.from({ length: 100 }, () => "a");
  expect(promptBound(completion({ prompts, suffix: "b".repeat(1_000) }))).toBeGreaterThanOrEqual(100 * 1_001);
});

test("a prompt that grows when a tokenizer composes its characters (NFC) is held as it is then", () => {
  const note = "\u{1d160}";
  expect(Buffer.byteLength(note.normalize("NFC"))).toBe(3 * Buffer.byteLength(note));
  const prompt = note.repeat(1_000);
  expect(promptBound(completion({ prompts: [prompt] }))).toBeGreaterThanOrEqual(12_000);
  const chat: ChatGeneration = {
    kind: "chat",
    model: "m",
    messages: [{ role: "user", content: prompt }],
    n: 1,
    sampling: {},
  };
  expect(promptBound(chat)).toBeGreaterThanOrEqual(12_000);
});

test("an image is held by what engines make of the largest, however small or large its data is", () => {
  const image = (bytes: number) => ({
    type: "image_url" as const,
    image_url: { url: `data:image/png;base64,${"A".repeat(bytes)}` },
  });
  const looking = (...bytes: number[]): ChatGeneration => ({
    kind: "chat",
    model: "m",
    messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, ...bytes.map(image)] }],
    n: 1,
    sampling: {},
  });
  expect(promptBound(looking(100))).toBeGreaterThanOrEqual(16_384);
  expect(promptBound(looking(100, 200))).toBeGreaterThanOrEqual(2 * 16_384);
  expect(promptBound(looking(5_000_000))).toBe(promptBound(looking(100)));
});

test("a discount never takes more than the price, and what is left of a nano is the customer's", () => {
  const rates: Rates = {
    inputNano: 1n,
    outputNano: 0n,
    cacheReadNano: 0n,
    requestNano: 0n,
    characterNano: 0n,
    batchDiscountBasisPoints: 5_000,
  };
  const mix: Mix = {
    ...rollMix(createRandom(1)),
    status: "succeeded",
    prompt: 3,
    cached: 0,
    completion: 0,
    characters: 0,
  };
  expect(rateRecord(toRecord(mix), rates, "batch")).toBe(1n);
  expect(rateRecord(toRecord(mix), { ...rates, batchDiscountBasisPoints: 10_000 }, "batch")).toBe(0n);
  expect(rateRecord(toRecord(mix), rates, "interactive")).toBe(3n);
});

test("the example of docs/money.md is true", () => {
  const price = { input: "0.15", cached: "0.03", output: "0.60", characters: "0", request: "0", discount: 5_000 };
  const counts = { prompt: 1_200, cached: 1_000, completion: 350, reasoning: 120, characters: 0 };
  const mix: Mix = { price, ...counts, lane: "interactive", status: "succeeded" };
  expect(rateRecord(toRecord(mix), toRates(mix), "interactive")).toBe(270_000n);
  expect(rateRecord(toRecord(mix), toRates(mix), "batch")).toBe(135_000n);
});
