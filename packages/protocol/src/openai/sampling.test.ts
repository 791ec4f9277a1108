import { expect, test } from "vitest";
import { toSampling } from "./sampling.ts";

test("what was not set stays absent, so that the engine's default holds", () => {
  expect(toSampling({}, undefined, undefined)).toEqual({});
  expect(toSampling({ temperature: null, stop: null, logit_bias: null, seed: null }, null, undefined)).toEqual({});
});

test("every field has its place, zero included", () => {
  const body = {
    temperature: 0,
    top_p: 0.5,
    top_k: 40,
    min_p: 0,
    repetition_penalty: 1.1,
    frequency_penalty: 0,
    presence_penalty: -1,
    seed: 0,
    stop: "end",
    logit_bias: { "5": -100 },
  };
  expect(toSampling(body, 7, 0)).toEqual({
    maxTokens: 7,
    temperature: 0,
    topP: 0.5,
    topK: 40,
    minP: 0,
    repetitionPenalty: 1.1,
    frequencyPenalty: 0,
    presencePenalty: -1,
    seed: 0,
    stop: ["end"],
    logitBias: { "5": -100 },
    logprobs: 0,
  });
});

test("vLLM's spellings of an absent top_k are no top_k", () => {
  expect(toSampling({ top_k: -1 }, undefined, undefined)).toEqual({});
  expect(toSampling({ top_k: 0 }, undefined, undefined)).toEqual({});
});
