/** What a command may do with the terminal: print, warn, ask. Handed in, so that a test can read along. */
import { createInterface } from "node:readline/promises";

export interface Terminal {
  /** Results, for people and for pipes: stdout. */
  print(text: string): void;
  /** Part of a long result, as it is: stdout. @returns when it was taken; false: nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Everything else that is said: stderr. */
  note(text: string): void;
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
    write: (text) => new Promise((resolve) => process.stdout.write(text, (error) => resolve(!error))),
    note: (text) => void process.stderr.write(`${text}\n`),
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
