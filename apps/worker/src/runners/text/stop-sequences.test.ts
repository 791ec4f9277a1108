import fc from "fast-check";
import { expect, test } from "vitest";
import { createStopSequences } from "./stop-sequences.ts";

function run(stops: string[], pieces: string[]): { text: string; stopped: boolean } {
  const sequences = createStopSequences(stops);
  let text = "";
  for (const piece of pieces) text += sequences.push(piece);
  return { text: text + sequences.end(), stopped: sequences.stopped };
}

/** The definition: read one character at a time; the moment the text ends in a stop string, it is cut before the longest such. */
function cutSlowly(stops: string[], text: string): { text: string; stopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const lengths = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length);
    if (lengths.length > 0) return { text: text.slice(0, end - Math.max(...lengths)), stopped: true };
  }
  return { text, stopped: false };
}

test("a stop string cut by a chunk border is found and not part of the output", () => {
  expect(run(["\n\n", "END"], ["one", " E", "N", "D two"])).toEqual({ text: "one ", stopped: true });
});

test("text that only looked like a stop string is given in full", () => {
  expect(run(["END"], ["EN", "E", "N"])).toEqual({ text: "ENEN", stopped: false });
});

test("nothing is output after a stop", () => {
  const sequences = createStopSequences(["x"]);
  expect(sequences.push("ax")).toBe("a");
  expect(sequences.push("b") + sequences.end()).toBe("");
});

test("any cutting into chunks gives what reading character by character gives", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
  const stop = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(stop, { maxLength: 4 }), fc.array(text, { maxLength: 5 }), (stops, pieces) => {
      expect(run(stops, pieces)).toEqual(cutSlowly(stops, pieces.join("")));
    }),
    { numRuns: 2_000 },
  );
});
