/** One thing in detail, for people: a field per line, the values aligned, long ones broken between words. Machines get `--json`. */
import stringWidth from "string-width";
import { oneLine } from "./table.ts";
import { wrapText } from "./wrap-text.ts";

export function renderFields(fields: readonly (readonly [name: string, value: string])[], columns: number): string {
  const width = Math.max(...fields.map(([name]) => stringWidth(name))) + 2;
  return fields
    .map(([name, value]) => {
      const lines = wrapText(oneLine(value), Math.max(columns - width, 20)).split("\n");
      return name.padEnd(width) + lines.map((line) => line.trimStart()).join(`\n${" ".repeat(width)}`);
    })
    .join("\n");
}
