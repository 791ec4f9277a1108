/** Reads JSON lines as they come: each with its number and its place, never more of them in memory than one piece of the source holds. */
import { TeraError } from "@tera/protocol";

export interface ScannedLine {
  /** From 1, blank lines counted. */
  number: number;
  /** In bytes, from the beginning of the file. */
  offset: number;
  length: number;
  text: string;
}

export interface LineLimits {
  lineMaxBytes: number;
  linesMax: number;
}

export interface LineScanner {
  /**
   * @returns the lines that this piece completes; blank ones are passed over.
   * @throws {TeraError} `invalid_request`, naming the line that is too long, is not UTF-8, or is one too many.
   */
  push(piece: Uint8Array): ScannedLine[];
  /** @returns the last line, where the file does not end with a line break. */
  end(): ScannedLine[];
}

const newline = 0x0a;

export function createLineScanner({ lineMaxBytes, linesMax }: LineLimits): LineScanner {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  let offset = 0;
  let lines = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;

  function decode(bytes: Uint8Array): string {
    try {
      return decoder.decode(bytes);
    } catch {
      throw refusal(number, "it is not UTF-8");
    }
  }

  /** @param length with its line break */
  function take(bytes: Uint8Array, length: number): ScannedLine[] {
    number++;
    const at = offset;
    offset += length;
    if (bytes.length > lineMaxBytes) throw refusal(number, `a line may have ${lineMaxBytes} bytes`);
    const text = decode(bytes).trim();
    if (text === "") return [];
    if (++lines > linesMax) throw refusal(number, `a file may have ${linesMax} lines`);
    return [{ number, offset: at, length: bytes.length, text }];
  }

  function takeWaiting(last: Uint8Array): Uint8Array {
    if (waitingBytes === 0) return last;
    const bytes = Buffer.concat([...waiting, last]);
    waiting = [];
    waitingBytes = 0;
    return bytes;
  }

  return {
    push(piece) {
      const found: ScannedLine[] = [];
      let from = 0;
      for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
        const bytes = takeWaiting(piece.subarray(from, to));
        found.push(...take(bytes, bytes.length + 1));
        from = to + 1;
      }
      if (from < piece.length) {
        // A copy: the piece may be used again by who made it.
        waiting.push(Buffer.from(piece.subarray(from)));
        waitingBytes += piece.length - from;
        if (waitingBytes > lineMaxBytes) throw refusal(number + 1, `a line may have ${lineMaxBytes} bytes`);
      }
      return found;
    },
    end() {
      if (waitingBytes === 0) return [];
      const bytes = takeWaiting(new Uint8Array());
      return take(bytes, bytes.length);
    },
  };
}

/** Lines of one piece of the source at a time. @throws as the scanner does. */
export async function* scanLines(source: AsyncIterable<Uint8Array>, limits: LineLimits): AsyncGenerator<ScannedLine[]> {
  const scanner = createLineScanner(limits);
  for await (const piece of source) yield scanner.push(piece);
  yield scanner.end();
}

function refusal(line: number, why: string): TeraError {
  return new TeraError("invalid_request", `Line ${line} cannot be read: ${why}.`, { param: "file" });
}
