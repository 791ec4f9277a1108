/** The command line: its commands, and how a failure is said. Everything that it touches is handed in by main.ts. */
import { ConfigError } from "@tera/protocol";
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { registerAccounts } from "./commands/accounts.ts";
import { registerAdmin } from "./commands/admin.ts";
import { registerBatch } from "./commands/batch.ts";
import { registerCompletion } from "./commands/completion.ts";
import type { CommandContext } from "./commands/context.ts";
import { registerCredit } from "./commands/credit.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerInvoices } from "./commands/invoices.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerModels } from "./commands/models.ts";
import { refuseUrlElsewhere } from "./commands/needs-database.ts";
import { registerPrices } from "./commands/prices.ts";
import { registerRunners } from "./commands/runners.ts";
import { registerUp } from "./commands/up.ts";
import { registerUsage } from "./commands/usage.ts";
import { CliError } from "./terminal/cli-error.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface CliOptions {
  /** Without node and script. */
  args: readonly string[];
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  cwd: string;
}

/** @returns the exit code: 0, or 1 when the command failed, was used wrongly, or found something broken. */
export async function runCli({ args, terminal, environment, cwd }: CliOptions): Promise<number> {
  let exitCode = 0;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  const program = createProgram({ terminal, environment, cwd, setExitCode });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what it had to say.
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof CliError) && !(error instanceof ConfigError)) throw error;
    terminal.note(`tera: ${error.message}`);
    return 1;
  }
}

function createProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command("tera")
    .description("Turn GPUs that you own into a metered, OpenAI-compatible inference service.")
    .version(manifest.version, "-v, --version", "print the version")
    // An option belongs to the command that it follows: `tera usage` and `tera usage export` have some of the same name.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
      writeErr: (text) => terminal.note(text.replace(/\n$/, "")),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .showHelpAfterError("(--help shows what there is)");
  program.addHelpText(
    "after",
    `
Examples:
  tera up                         the whole stack on this machine
  tera keys create --name laptop  one more key
  tera doctor                     what is wrong, and how to fix it
`,
  );
  registerUp(program);
  registerAccounts(program, context);
  registerKeys(program, context);
  registerModels(program, context);
  registerPrices(program, context);
  registerInvoices(program, context);
  registerCredit(program, context);
  registerUsage(program, context);
  registerBatch(program, context);
  registerRunners(program, context);
  registerAdmin(program, context);
  registerDoctor(program, context);
  refuseUrlElsewhere(program);
  registerCompletion(program, context);
  return program;
}
