/** Lines keep number and place, whatever pieces a file comes in. */
import { describe, expect, test } from "vitest";
import { type ScannedLine, scanLines } from "./scan-lines.ts";

const limits = { lineMaxBytes: 20, linesMax: 4 };

async function scan(text: string | Buffer, pieceBytes: number): Promise<ScannedLine[]> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const found: ScannedLine[] = [];
  for await (const lines of scanLines(pieces(), limits)) found.push(...lines);
  return found;
}

describe.each([1, 2, 3, 7, 1_000])("in pieces of %i bytes", (pieceBytes) => {
  test("each line has its number and its bytes; blank ones count and are passed over", async () => {
    const text = `{"a":1}\r\n\n{"é":2}\n{"c":3}`;
    const lines = await scan(text, pieceBytes);
    expect(lines.map(({ number, text: line }) => [number, line])).toEqual([
      [1, `{"a":1}`],
      [3, `{"é":2}`],
      [4, `{"c":3}`],
    ]);
    for (const { offset, length, text: line } of lines) {
      expect(
        Buffer.from(text)
          .subarray(offset, offset + length)
          .toString()
          .trim(),
      ).toBe(line);
    }
  });

  test("a line that is too long is named, before all of it is in memory", async () => {
    await expect(scan(`{}\n${"x".repeat(21)}\n`, pieceBytes)).rejects.toThrow(
      "Line 2 cannot be read: a line may have 20 bytes.",
    );
  });

  test("one line too many is named", async () => {
    await expect(scan("{}\n".repeat(5), pieceBytes)).rejects.toThrow("Line 5 cannot be read: a file may have 4 lines.");
  });

  test("what is not UTF-8 is named", async () => {
    const bytes = Buffer.concat([Buffer.from("{}\n"), Buffer.from([0xc3, 0x28]), Buffer.from("\n")]);
    await expect(scan(bytes, pieceBytes)).rejects.toThrow("Line 2 cannot be read: it is not UTF-8.");
  });
});

test("an empty file has no lines", async () => {
  expect(await scan("", 10)).toEqual([]);
});
