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
}

export async function runForTest(args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const { environment = {}, answers, columns = 80 } = options;
  const printed: string[] = [];
  const noted: string[] = [];
  const exitCode = await runCli({
    args,
    environment,
    cwd: process.cwd(),
    terminal: {
      print: (text) => printed.push(text),
      async write(text) {
        printed.push(text.replace(/\n$/, ""));
        return true;
      },
      note: (text) => noted.push(text),
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
