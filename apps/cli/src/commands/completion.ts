/** `tera completion <shell>`: completes commands and options, from the same definitions that the help is made of. */
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";

/** To be called last: it reads the commands that are there. */
export function registerCompletion(program: Command): void {
  tab(program, { completionCommandName: "completion" });
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("print the script that makes your shell complete `tera`")
    .addHelpText(
      "after",
      `
Examples:
  bash:  source <(tera completion bash)   (needs the bash-completion package)
  zsh:   source <(tera completion zsh)
  fish:  tera completion fish | source
`,
    );
}
