import { describe, expect, test } from "vitest";
import { completionRequestSchema } from "./completion.ts";

function firstProblem(change: object): string | undefined {
  const parsed = completionRequestSchema.safeParse({ model: "a/b", prompt: "x", ...change });
  return parsed.error?.issues[0]?.path.join(".");
}

describe("a prompt", () => {
  test.each([
    ["text", ""],
    ["texts", ["a", ""]],
    ["token ids", [1, 2, 2_147_483_647]],
    ["several of them", [[1], [2, 3]]],
  ])("may be %s", (_, prompt) => {
    expect(firstProblem({ prompt })).toBeUndefined();
  });

  test.each([
    ["missing", undefined],
    ["null", null],
    ["no prompts", []],
    ["an empty prompt of ids", [[]]],
    ["a mixture", ["a", 1]],
    ["a negative id", [-1]],
    ["a fraction", [1.5]],
    ["more than 256", Array.from({ length: 257 }, () => "a")],
  ])("may not be %s", (_, prompt) => {
    expect(firstProblem({ prompt })).toMatch(/^prompt\b/);
  });

  test("may have a million token ids", () => {
    expect(firstProblem({ prompt: Array.from({ length: 1_000_000 }, (_, at) => at % 50_000) })).toBeUndefined();
  });
});

test("logprobs are a number from 0 to 20", () => {
  expect([firstProblem({ logprobs: 0 }), firstProblem({ logprobs: 20 })]).toEqual([undefined, undefined]);
  expect([firstProblem({ logprobs: 21 }), firstProblem({ logprobs: true })]).toEqual(["logprobs", "logprobs"]);
});

test("null means not set", () => {
  const fields = Object.keys(completionRequestSchema.shape).filter((field) => field !== "model" && field !== "prompt");
  expect(firstProblem(Object.fromEntries(fields.map((field) => [field, null])))).toBeUndefined();
});
