/** Rows as a person reads them: a text table in a terminal, a Markdown table in the docs. */

export interface Column<Row> {
  header: string;
  value(row: Row): string;
}

/** Aligned: text to the left, what begins like a number to the right. */
export function renderTextTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const { headers, cells, widths, numeric } = layOut(columns, rows);
  const pad = (cell: string, index: number) =>
    numeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
  return [headers, ...cells].map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

export function renderMarkdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const { headers, cells, numeric } = layOut(columns, rows);
  const rule = numeric.map((right) => (right ? "--:" : "---"));
  return [headers, rule, ...cells].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const headers = columns.map(({ header }) => header);
  const cells = rows.map((row) => columns.map(({ value }) => value(row)));
  const column = (index: number) => cells.map((line) => line[index] ?? "");
  return {
    headers,
    cells,
    widths: headers.map((header, index) => Math.max(header.length, ...column(index).map((cell) => cell.length))),
    numeric: headers.map((_, index) => column(index).every((cell) => cell === "" || /^-?\d/.test(cell))),
  };
}
