import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonObjectScanner } from "./json-object-scanner.ts";

function scan(text: string): { length: number; state: string } {
  const scanner = createJsonObjectScanner();
  const length = scanner.push(text);
  return { length, state: scanner.state };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("every JSON object is complete exactly at its closing brace", () => {
  const indents = fc.constantFrom(undefined, 1, "\t");
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), indents, fc.string(), (object, indent, after) => {
      const text = JSON.stringify(object, null, indent);
      expect(scan(text + after)).toEqual({ length: text.length, state: "complete" });
    }),
  );
});

test("what it takes for a complete object, JSON.parse takes too, and the other way round", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    "1",
    "-0.5e3",
    "01",
    "true",
    "nul",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const text = `{${pieces.join("")}}`;
      const result = scan(text);
      expect(result.state === "complete" && result.length === text.length).toBe(isJson(text));
    }),
    { numRuns: 5_000 },
  );
});

test("a broken object is noticed at the first wrong character", () => {
  expect(scan('{"a": tru}')).toEqual({ length: 9, state: "broken" });
  expect(scan('{"a": "line\nbreak"}')).toEqual({ length: 11, state: "broken" });
  expect(scan('{"a": 1,}')).toEqual({ length: 8, state: "broken" });
});

test("chunk borders change nothing", () => {
  const text = '{"a": {"b": ["\\"}\\u007d", -1.5e+2, null]}} tail';
  for (let border = 0; border <= text.length; border++) {
    const scanner = createJsonObjectScanner();
    const first = scanner.push(text.slice(0, border));
    const second = first === border ? scanner.push(text.slice(border)) : 0;
    expect([first + second, scanner.state]).toEqual([text.length - " tail".length, "complete"]);
  }
});
