/** Commands that do not work through an Admin API say so when one is named, instead of not knowing the option. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { needsDatabase } from "../stack/find-stack.ts";
import { adminUrlOption, dataDirOption } from "./context.ts";

/** To be called when all commands are there. */
export function refuseUrlElsewhere(program: Command): void {
  const [urlFlags] = adminUrlOption;
  const [dataDirFlags] = dataDirOption;
  for (const command of program.commands) {
    const flags = command.options.map((option) => option.flags);
    if (flags.includes(dataDirFlags) && !flags.some((each) => each.startsWith("--url"))) {
      command.addOption(
        new Option(urlFlags).hideHelp().argParser(() => {
          throw new InvalidArgumentError(needsDatabase);
        }),
      );
    }
    refuseUrlElsewhere(command);
  }
}
