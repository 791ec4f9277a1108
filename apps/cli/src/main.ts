/** `tera`: hands the process's own terminal, environment and directory to the command line. */
import { runCli } from "./cli.ts";
import { createTerminal } from "./terminal/terminal.ts";

// `tera keys list | head -1`: whoever reads has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runCli({
  args: process.argv.slice(2),
  terminal: createTerminal(),
  environment: process.env,
  cwd: process.cwd(),
});
