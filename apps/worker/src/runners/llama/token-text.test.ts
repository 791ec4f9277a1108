import fc from "fast-check";
import type { Token } from "node-llama-cpp";
import { expect, test } from "vitest";
import { createTokenText } from "./token-text.ts";

/** A tokenizer whose tokens are given pieces of bytes: decodes as llama.cpp's binding does, broken bytes as U+FFFD. */
function read(pieces: Uint8Array[]): string[] {
  const model = {
    detokenize(tokens: readonly Token[], _special?: boolean, before: readonly Token[] = []) {
      const decode = (ids: readonly Token[]) => Buffer.concat(ids.map((id) => pieces[id] ?? Buffer.of())).toString();
      return decode([...before, ...tokens]).slice(decode(before).length);
    },
  };
  const text = createTokenText(model, new Map(), []);
  return pieces.map((_, id) => text.push(id as Token));
}

function cut(text: string, borders: number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const places = [...new Set(borders.map((border) => border % (bytes.length + 1)))].sort((one, other) => one - other);
  return [0, ...places].map((start, at) => bytes.subarray(start, places[at] ?? bytes.length));
}

test("a character cut over several tokens comes out whole, with its last token", () => {
  const [grin, rest] = [Buffer.from("😀"), Buffer.from("!")];
  expect(read([grin.subarray(0, 1), grin.subarray(1, 3), grin.subarray(3), rest])).toEqual(["", "", "😀", "!"]);
});

test("what is complete in front of a cut character is not held back", () => {
  const bytes = Buffer.from("abcé");
  expect(read([bytes.subarray(0, 4), bytes.subarray(4)])).toEqual(["abc", "é"]);
});

test("a character that is never completed does not come out", () => {
  expect(read([Buffer.from("ab"), Buffer.from("é").subarray(0, 1)])).toEqual(["ab", ""]);
});

test("however the bytes are cut into tokens, the text is the same", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "東", "😀", " ", "\n"), maxLength: 20 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(100), { maxLength: 30 }), (whole, borders) => {
      expect(read(cut(whole, borders)).join("")).toBe(whole);
    }),
    { numRuns: 1_000 },
  );
});
