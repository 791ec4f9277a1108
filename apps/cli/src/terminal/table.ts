/** A table for people: aligned, and never wider than the terminal. Machines get `--json`. */
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

export interface Column<Row> {
  header: string;
  value(row: Row): string;
  /** May be cut to make the table fit, never below this many characters. A column without it (ids!) is never cut. */
  widthMin?: number;
}

const gap = "  ";

/** @param columns of the terminal. A table whose uncuttable columns are wider than that is wider than that. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminalColumns: number,
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.header), ...cells.map((line) => stringWidth(line[index] ?? ""))),
  );
  shrink(widths, columns, terminalColumns);
  const lines = [columns.map(({ header }) => header), ...cells];
  return lines
    .map((line) =>
      line
        .map((cell, index) => padOrCut(cell, widths[index] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join("\n");
}

/** Takes from the widest column that may be cut, until the table fits or none is left. */
function shrink<Row>(widths: number[], columns: readonly Column<Row>[], terminalColumns: number): void {
  const width = () => widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1));
  while (width() > terminalColumns) {
    let widest = -1;
    for (const [index, { header, widthMin }] of columns.entries()) {
      const each = widths[index] ?? 0;
      if (widthMin === undefined || each <= Math.max(widthMin, header.length)) continue;
      if (widest < 0 || each > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function padOrCut(text: string, width: number): string {
  let shown = text;
  if (stringWidth(text) > width) {
    const characters = [...text];
    while (stringWidth(`${characters.join("")}…`) > width) characters.pop();
    shown = `${characters.join("")}…`;
  }
  return shown + " ".repeat(width - stringWidth(shown));
}

/** Names and reasons come from outside: nothing in them may move the cursor or start a new line. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}
