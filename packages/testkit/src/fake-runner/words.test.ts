import fc from "fast-check";
import { expect, test } from "vitest";
import { countTokens, fakeText, words } from "./words.ts";

test("there are 64 different words, none of which needs escaping in JSON or holds white space", () => {
  expect(new Set(words).size).toBe(64);
  for (const word of words) {
    expect(JSON.stringify(word)).toBe(`"${word}"`);
    expect(word).toMatch(/^\S+$/);
  }
});

test("a text has as many tokens as were asked for", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), fc.nat(200), (context, seed, tokens) => {
      const text = fakeText(context, { tokens, seed });
      expect(countTokens(text)).toBe(tokens);
    }),
  );
});

test("a prompt with part of its answer appended is answered with the rest", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), fc.nat(40), fc.nat(40), (context, seed, first, second) => {
      const whole = fakeText(context, { tokens: first + second, seed });
      const part = fakeText(context, { tokens: first, seed });
      expect(part + fakeText(context + part, { tokens: second, seed })).toBe(whole);
    }),
  );
});

test("seed, choice and prompt each change the text", () => {
  const text = fakeText("prompt", { tokens: 20 });
  expect(fakeText("prompt", { tokens: 20 })).toBe(text);
  expect(fakeText("prompt", { tokens: 20, seed: 1 })).not.toBe(text);
  expect(fakeText("prompt", { tokens: 20, choice: 1 })).not.toBe(text);
  expect(fakeText("prompt ", { tokens: 20 })).not.toBe(text);
});
