/** CSV as RFC 4180 has it. Text that a spreadsheet would take for a formula is neutralised with an apostrophe; numbers stay numbers. */

/** White space in front does not stop every spreadsheet, and in East Asia the wide signs are as good. */
const formulaPattern = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/u;
const numberPattern = /^-?\d+(?:\.\d+)?$/;

export function renderCsv(header: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  return [header, ...rows].map(renderCsvRow).join("");
}

/** With its line's end. */
export function renderCsvRow(row: readonly (string | null)[]): string {
  return `${row.map(renderCell).join(",")}\r\n`;
}

function renderCell(value: string | null): string {
  if (value === null) return "";
  const safe = formulaPattern.test(value) && !numberPattern.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
