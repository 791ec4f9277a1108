import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapText } from "./wrap-text.ts";

test("a long sentence is broken between words, and what follows is indented", () => {
  expect(wrapText("one two three four", 9)).toBe("one two\n  three\n  four");
  expect(wrapText("one two", 80)).toBe("one two");
  expect(wrapText("at /a/very/long/path it", 8)).toBe("at\n  /a/very/long/path\n  it");
});

test("no word is lost, and no line of short words is too wide", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.integer({ min: 20, max: 100 }), (given, columns) => {
      const lines = wrapText(given.join(" "), columns).split("\n");
      expect(lines.join(" ").split(/ +/)).toEqual(given);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }),
  );
});
