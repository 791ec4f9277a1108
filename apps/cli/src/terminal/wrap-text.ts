/** A sentence that is longer than the terminal is wide: broken between words, what follows indented. */
import stringWidth from "string-width";
import { oneLine } from "./table.ts";

const indent = "  ";

/** A word that is wider than the terminal (a path) is left whole: it can be copied. */
export function wrapText(text: string, terminalColumns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() !== "" && stringWidth(longer) > terminalColumns) {
      lines.push(line);
      line = indent + word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join("\n");
}
