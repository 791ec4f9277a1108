import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { type Column, renderTable } from "./table.ts";

const columns: Column<readonly [string, string]>[] = [
  { header: "ID", value: ([id]) => id },
  { header: "NAME", value: ([, name]) => name, widthMin: 8 },
];

test("columns are aligned, wide characters counted as two", () => {
  const table = renderTable(
    columns,
    [
      ["a", "plain"],
      ["漢字", "x"],
      ["abc", ""],
    ],
    80,
  );
  expect(table.split("\n")).toEqual(["ID    NAME", "a     plain", "漢字  x", "abc"]);
});

test("whatever the values, each row is one line, fits the terminal, and keeps its id whole", () => {
  const row = fc.tuple(fc.stringMatching(/^key_[0-9A-Za-z]{16}$/), fc.string({ unit: "binary", maxLength: 200 }));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 40, max: 120 }), (rows, width) => {
      const lines = renderTable(columns, rows, width).split("\n");
      expect(lines).toHaveLength(rows.length + 1);
      for (const [index, [id]] of rows.entries()) {
        const line = lines[index + 1] ?? "";
        expect(stringWidth(line)).toBeLessThanOrEqual(width);
        expect(line.startsWith(id)).toBe(true);
      }
    }),
  );
});

test("a name cannot move the cursor, colour the screen or start a new line", () => {
  const table = renderTable(columns, [["a", "x\u001b[2J\u001b[31m\r\nkey_fake\u0007\u009b1m\u202ey"]], 80);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
  expect(table.replace("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});
