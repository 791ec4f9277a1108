/** How a benchmark's rows are printed: a table for people, JSON for programs, Markdown for docs/performance.md. */
import { describeMachine } from "./machine.ts";
import { type Column, renderMarkdownTable, renderTextTable } from "./table.ts";

export type ReportFormat = "table" | "json" | "markdown";

export interface Report<Row> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  setup: readonly string[];
  /** There is one row, and JSON is that row instead of a list. */
  isOneRow?: boolean;
}

export function renderReport<Row>({ columns, rows, setup, isOneRow }: Report<Row>, format: ReportFormat): string {
  switch (format) {
    case "json":
      return JSON.stringify(isOneRow ? roundNumbers(rows[0]) : rows.map(roundNumbers), undefined, 2);
    case "markdown":
      return `${[describeMachine(), ...setup].map((line) => `${line}.`).join(" ")}\n\n${renderMarkdownTable(columns, rows)}`;
    case "table":
      return renderTextTable(columns, rows);
  }
}

/** Three decimals: a microsecond of a millisecond. More would only look precise. */
function roundNumbers(row: unknown): unknown {
  if (typeof row === "number") return Math.round(row * 1e3) / 1e3;
  if (typeof row !== "object" || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, roundNumbers(value)]));
}
