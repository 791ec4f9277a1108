import { expect, test } from "vitest";
import { suggest } from "./suggest.ts";

test.for([
  ["tolls", ["tools", "logprobs"], "Did you mean tools?"],
  ["context-lenght", ["context-length", "name"], "Did you mean context-length?"],
  ["video", ["audio", "text"], undefined],
  ["x", [], undefined],
] as const)("%s of %j: %s", ([word, known, expected]) => expect(suggest(word, known)).toBe(expected));
