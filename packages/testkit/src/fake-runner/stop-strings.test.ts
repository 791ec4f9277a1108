import fc from "fast-check";
import { expect, test } from "vitest";
import { createStopFilter } from "./stop-strings.ts";

/** The plain meaning: the text up to the stop string that is complete first. */
function plain(text: string, stops: readonly string[]): { text: string; stop?: string } {
  for (let end = 1; end <= text.length; end++) {
    const ended = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length)[0];
    if (ended !== undefined) return { text: text.slice(0, end - ended.length), stop: ended };
  }
  return { text };
}

test("wherever the pieces are cut, the text ends before the stop string that is complete first", () => {
  const letters = fc.stringMatching(/^[ab]{1,3}$/);
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[abc]{0,4}$/)),
      fc.uniqueArray(letters, { minLength: 1, maxLength: 3 }),
      (pieces, stops) => {
        const filter = createStopFilter(stops);
        let text = "";
        let stop: string | undefined;
        for (const piece of pieces) {
          const free = filter.push(piece);
          text += free.text;
          stop = free.stop;
          if (stop !== undefined) break;
        }
        if (stop === undefined) text += filter.end();
        const expected = plain(pieces.join(""), stops);
        expect(text).toBe(expected.text);
        expect(stop?.length).toBe(expected.stop?.length);
      },
    ),
  );
});

test("half a character is never let go", () => {
  const filter = createStopFilter(["xx"]);
  expect(filter.push("a🙂").text).toBe("a");
  expect(filter.end()).toBe("🙂");
});
