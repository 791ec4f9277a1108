/**
 * The last lines that a server wrote, bounded in number and length.
 *
 * A carriage return begins the line anew, as on a terminal: of a progress bar that is drawn a thousand times one line is kept, the newest.
 */
import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";

export const logLinesMax = 500;
const lineLengthMax = 2_000;

export interface LogLines {
  /** For one stream of output; several streams share the lines. */
  sink(): LogSink;
  /** A line of our own about the process that is there. */
  note(line: string): void;
  /** The same, and another process begins to write. */
  begin(line: string): void;
  /** Oldest first, at most `logLinesMax`; lines that are not yet ended come last. */
  all(): string[];
  /** The newest `count` lines that the present process wrote itself, oldest first. */
  last(count: number): string[];
}

export interface LogSink {
  write(chunk: Buffer): void;
  /** The stream has ended. */
  end(): void;
}

interface OpenLine {
  text: string;
  /** A carriage return came: what comes next replaces the text. */
  overwritten: boolean;
}

/** @param mask hides what nobody may read. */
export function createLogLines(mask: (text: string) => string = (text) => text): LogLines {
  const lines: { text: string; process: number; ours: boolean }[] = [];
  const open = new Set<OpenLine>();
  /** Counts those that wrote here. */
  let process = 0;

  function add(text: string, ours = false): void {
    const line = mask(clean(text));
    // Blank lines would only push out what says something.
    if (line.trim() === "") return;
    lines.push({ text: line, process, ours });
    if (lines.length > logLinesMax) lines.shift();
  }

  function withUnfinished(ended: readonly { text: string }[]): string[] {
    const unfinished = [...open].map(({ text }) => mask(clean(text))).filter((text) => text.trim() !== "");
    return [...ended.map(({ text }) => text), ...unfinished];
  }

  return {
    sink() {
      const decoder = new StringDecoder("utf8");
      const line: OpenLine = { text: "", overwritten: false };
      open.add(line);
      return {
        write(chunk) {
          for (const part of decoder.write(chunk).split(/([\r\n])/)) {
            if (part === "\n") {
              add(line.text);
              line.text = "";
              line.overwritten = false;
            } else if (part === "\r") {
              line.overwritten = true;
            } else if (part !== "") {
              if (line.overwritten) line.text = "";
              line.overwritten = false;
              line.text = append(line.text, part);
            }
          }
        },
        end() {
          open.delete(line);
          add(line.text);
        },
      };
    },
    note: (line) => add(line, true),
    begin(line) {
      process++;
      add(line, true);
    },
    all: () => withUnfinished(lines).slice(-logLinesMax),
    last: (count) => withUnfinished(lines.filter((line) => line.process === process && !line.ours)).slice(-count),
  };
}

/** One character more than is kept shows that there was more. */
function append(text: string, part: string): string {
  return text.length > lineLengthMax ? text : text + part.slice(0, lineLengthMax + 1 - text.length);
}

function clean(text: string): string {
  const cut = text.length > lineLengthMax ? `${text.slice(0, lineLengthMax)}…` : text;
  return stripVTControlCharacters(cut).replace(/[^\P{Cc}\t]/gu, "");
}
