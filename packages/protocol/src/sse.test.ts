import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSseParser, encodeSseEvent, SseTooLongError, sseDone, sseKeepAlive } from "./sse.ts";

type Event = [data: string, event: string];

/** Parses bytes that arrive in the given pieces. */
function parse(pieces: readonly Uint8Array[], lengthMax?: number): Event[] {
  const events: Event[] = [];
  const parser = createSseParser((data, event) => events.push([data, event]), lengthMax);
  for (const piece of pieces) parser.push(piece);
  return events;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The same bytes in pieces of `size`. */
function inPiecesOf(size: number, all: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.subarray(at * size, (at + 1) * size));
}

const streams: [name: string, text: string, events: Event[]][] = [
  [
    "lines that end in LF",
    "data: a\n\ndata: b\n\n",
    [
      ["a", "message"],
      ["b", "message"],
    ],
  ],
  [
    "lines that end in CRLF",
    "data: a\r\n\r\ndata: b\r\n\r\n",
    [
      ["a", "message"],
      ["b", "message"],
    ],
  ],
  [
    "lines that end in CR",
    "data: a\r\rdata: b\r\r",
    [
      ["a", "message"],
      ["b", "message"],
    ],
  ],
  [
    "all three mixed",
    "data: a\r\ndata: b\n\rdata: c\r\n\n",
    [
      ["a\nb", "message"],
      ["c", "message"],
    ],
  ],
  ["comments", ": hello\n\n:\ndata: a\n: between\n\n", [["a", "message"]]],
  ["a byte order mark", "\uFEFFdata: a\n\n", [["a", "message"]]],
  ["several data lines", "data: a\ndata:b\ndata\ndata:  c\n\n", [["a\nb\n\n c", "message"]]],
  [
    "names, and names without data",
    "event: x\ndata: a\n\nevent: y\n\ndata: b\n\n",
    [
      ["a", "x"],
      ["b", "message"],
    ],
  ],
  ["fields that mean nothing here", "id: 1\nretry: 5\nunknown: 1\nData: no\ndata: a\n\n", [["a", "message"]]],
  ["characters of two to four bytes", "data: größe 日本 👩‍👩‍👧‍👦\n\n", [["größe 日本 👩‍👩‍👧‍👦", "message"]]],
  ["an event that is not finished", "data: a\n\ndata: b\n", [["a", "message"]]],
];

describe.each(streams)("%s", (_, text, events) => {
  test("are read alike wherever the bytes are cut in two", () => {
    const all = bytes(text);
    for (let border = 0; border <= all.length; border++) {
      expect(parse([all.subarray(0, border), all.subarray(border)]), `cut at ${border}`).toEqual(events);
    }
  });

  test("are read alike byte by byte", () => {
    expect(parse(inPiecesOf(1, bytes(text)))).toEqual(events);
  });
});

test("any stream in any pieces is read as eventsource-parser reads it in one", () => {
  const line = fc.tuple(
    fc.constantFrom("data: ", "data:", "data", "event: ", ": ", "id: ", "", "x"),
    fc.oneof(
      fc.constant(""),
      fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
    ),
    fc.constantFrom("\n", "\r\n", "\r"),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (lines, size) => {
      const text = lines.map(([field, value, end]) => `${field}${value}${end}`).join("");
      const expected: Event[] = [];
      const oracle = createParser({ onEvent: ({ data, event }) => expected.push([data, event || "message"]) });
      // It waits after a last CR for a LF that may follow; a comment line settles that without changing anything.
      oracle.feed(`${text}:\n`);
      expect(parse(inPiecesOf(size, bytes(`${text}:\n`)))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("what the encoder writes is read back", () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 50 }), (json, size) => {
      const wire = bytes(`${encodeSseEvent(json)}${sseKeepAlive}event: delta\n${encodeSseEvent(json)}${sseDone}`);
      expect(parse(inPiecesOf(size, wire))).toEqual([
        [json, "message"],
        [json, "delta"],
        ["[DONE]", "message"],
      ]);
    }),
  );
});

describe("an event that does not end", () => {
  test("is refused when its line is too long", () => {
    expect(() => parse(inPiecesOf(10, bytes(`data: ${"x".repeat(200)}`)), 100)).toThrow(SseTooLongError);
  });

  test("is refused when its lines together are too long", () => {
    expect(() => parse([bytes("data: 0123456789\n".repeat(11))], 100)).toThrow(SseTooLongError);
  });

  test("is accepted up to the limit", () => {
    expect(parse([bytes(`data: ${"x".repeat(90)}\n\n`)], 100)).toEqual([["x".repeat(90), "message"]]);
  });
});

describe("takes time in proportion to the bytes", () => {
  test("for a chunk of very many lines", () => {
    const count = 400_000;
    const startedAt = performance.now();
    expect(parse([bytes("data: x\n\n".repeat(count))])).toHaveLength(count);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test("for a long line in very many chunks", () => {
    const all = bytes(`data: ${"x".repeat(15 * 1024 * 1024)}\n\n`);
    const startedAt = performance.now();
    expect(parse(inPiecesOf(1024, all))).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
