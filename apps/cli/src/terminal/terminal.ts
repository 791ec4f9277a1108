/** What a command may do with the terminal: print, warn, ask. Handed in, so that a test can read along. */
import { createInterface } from "node:readline/promises";

export interface Terminal {
  /** Results, for people and for pipes: stdout. */
  print(text: string): void;
  /** Part of a long result, as it is: stdout. @returns when it was taken; false: nobody reads any more. */
  write(data: string | Uint8Array): Promise<boolean>;
  /** Everything else that is said: stderr. */
  note(text: string): void;
  /** The line of what is under way, in the place of the one before; empty: it is over. Stderr, and only where that is a terminal. */
  readonly redraw: ((line: string) => void) | undefined;
  /** A person can be asked: stdin and stderr are a terminal. */
  readonly interactive: boolean;
  /** Characters per line; 80 where the output is no terminal. */
  readonly columns: number;
  /** @returns what was typed, without the line's end; empty when nothing was. */
  ask(question: string): Promise<string>;
}

export function createTerminal(): Terminal {
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    // A pipe that was closed is said by the callback's error: `| head` has seen enough.
    write: (data) => new Promise((resolve) => process.stdout.write(data, (error) => resolve(!error))),
    note: (text) => void process.stderr.write(`${text}\n`),
    redraw: process.stderr.isTTY ? (line) => void process.stderr.write(`\r\u001b[K${line}`) : undefined,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    columns: process.stdout.columns ?? 80,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
