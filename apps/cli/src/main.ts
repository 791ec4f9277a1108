/** `tera`: hands the process's own terminal, environment and directory to the command line. */
import { runCli } from "./cli.ts";
import { createTerminal } from "./terminal/terminal.ts";

// `tera keys list | head -1`: whoever reads has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const args = process.argv.slice(2);
const exitCode = await runCli({ args, terminal: createTerminal(), environment: process.env, cwd: process.cwd() });
// A shell waits for the end of what completes its line: a name server that does not answer must not put it off.
if (args[0] === "complete") process.exit(exitCode);
process.exitCode = exitCode;
