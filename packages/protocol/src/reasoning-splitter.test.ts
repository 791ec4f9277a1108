import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReasoningSplitter } from "./reasoning-splitter.ts";

function split(pieces: readonly string[], startsInside = false): { reasoning: string; content: string } {
  const splitter = createReasoningSplitter({ startsInside });
  const whole = { reasoning: "", content: "" };
  for (const piece of [...pieces.map((text) => splitter.push(text)), splitter.end()]) {
    whole.reasoning += piece.reasoning;
    whole.content += piece.content;
  }
  return whole;
}

/** The plain meaning, on the whole text. */
function plain(text: string, startsInside: boolean): { reasoning: string; content: string } {
  const opened = startsInside ? text : /^\s*<think>(.*)$/s.exec(text)?.[1];
  if (opened === undefined) return { reasoning: "", content: text };
  const end = opened.indexOf("</think>");
  if (end < 0) return { reasoning: opened.trim(), content: "" };
  return { reasoning: opened.slice(0, end).trim(), content: opened.slice(end + "</think>".length).trimStart() };
}

const fragment = fc.constantFrom(
  "<think>",
  "</think>",
  "<",
  "</",
  "<thi",
  "nk>",
  "think",
  "/",
  " ",
  "\n",
  "\u00a0",
  "a",
  "b c",
  "🙂",
  "",
);

test("wherever the text is cut, the result is that of the whole", () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 14 }), fc.boolean(), (fragments, startsInside) => {
      const text = fragments.join("");
      const expected = plain(text, startsInside);
      expect(split(fragments, startsInside)).toEqual(expected);
      expect(split([...text], startsInside)).toEqual(expected);
      for (let border = 0; border <= text.length; border++) {
        expect(split([text.slice(0, border), text.slice(border)], startsInside)).toEqual(expected);
      }
    }),
    { numRuns: 500 },
  );
});

test("nothing is lost but the tags and the white space around the block", () => {
  const word = fc.stringMatching(/^[a-z]{1,5}$/);
  fc.assert(
    fc.property(fc.array(word), fc.array(word), fc.constantFrom("", " ", "\n\n"), (thoughts, answer, space) => {
      const reasoning = thoughts.join(" ");
      const content = answer.join(" ");
      const text = `${space}<think>${space}${reasoning}${space}</think>${space}${content}`;
      expect(split([...text])).toEqual({ reasoning, content });
    }),
  );
});

describe("a text", () => {
  test("without a block is content, its leading white space included", () => {
    expect(split([" \n", " hello <think>no</think> "])).toEqual({
      reasoning: "",
      content: " \n hello <think>no</think> ",
    });
  });

  test("whose block is cut off by the token limit is all reasoning", () => {
    expect(split(["<think>", "so far </thi"])).toEqual({ reasoning: "so far </thi", content: "" });
  });

  test("whose template opened the block begins inside it", () => {
    expect(split(["so", " far</", "think>\n\nyes"], true)).toEqual({ reasoning: "so far", content: "yes" });
  });

  test("with a second block has it in the content", () => {
    expect(split(["<think>a</think>b<think>c</think>"])).toEqual({ reasoning: "a", content: "b<think>c</think>" });
  });
});

test("content is let go at once, and inReasoning tells where a token belongs", () => {
  const splitter = createReasoningSplitter();
  const seen = ["<think>", "why", "</think>", "\n\n", "yes", " no "].map((text) => {
    const piece = splitter.push(text);
    return [piece.reasoning, piece.content, splitter.inReasoning];
  });
  expect(seen).toEqual([
    ["", "", true],
    ["why", "", true],
    ["", "", false],
    ["", "", false],
    ["", "yes", false],
    ["", " no ", false],
  ]);
});
