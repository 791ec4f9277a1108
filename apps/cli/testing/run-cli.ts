/** Runs the command line in this process, for tests, with a terminal that is read along. */
import { runCli } from "../src/cli.ts";

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  environment?: NodeJS.ProcessEnv;
  /** What a person answers to each question; without it there is no terminal. */
  answers?: string[];
  columns?: number;
  /** What is drawn in the place of what was drawn before; without it stderr is no terminal. */
  drawn?: string[];
}

export async function runForTest(args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const { environment = {}, answers, columns = 80, drawn } = options;
  const printed: string[] = [];
  const noted: string[] = [];
  const exitCode = await runCli({
    args,
    environment,
    cwd: process.cwd(),
    terminal: {
      print: (text) => printed.push(text),
      async write(data) {
        printed.push(Buffer.from(data).toString().replace(/\n$/, ""));
        return true;
      },
      note: (text) => noted.push(text),
      redraw: drawn === undefined ? undefined : (line) => void drawn.push(line),
      interactive: answers !== undefined,
      columns,
      async ask(question) {
        noted.push(question);
        return answers?.shift() ?? "";
      },
    },
  });
  return { exitCode, stdout: printed.join("\n"), stderr: noted.join("\n") };
}
