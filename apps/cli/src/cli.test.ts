import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runForTest } from "../testing/run-cli.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const run = promisify(execFile);

const commands = [
  [],
  ["up"],
  ["accounts"],
  ["accounts", "create"],
  ["accounts", "list"],
  ["accounts", "show"],
  ["accounts", "set"],
  ["accounts", "disable"],
  ["accounts", "enable"],
  ["keys"],
  ["keys", "create"],
  ["keys", "list"],
  ["keys", "show"],
  ["keys", "set"],
  ["keys", "rotate"],
  ["keys", "disable"],
  ["keys", "enable"],
  ["keys", "revoke"],
  ["models"],
  ["models", "list"],
  ["models", "show"],
  ["models", "set"],
  ["models", "unset"],
  ["runners"],
  ["runners", "list"],
  ["runners", "logs"],
  ["doctor"],
  ["completion"],
];

test.for(commands.map((command) => [["tera", ...command].join(" "), command] as const))(
  "%s has help that is readable in 80 columns",
  async ([usage, command]) => {
    const { exitCode, stdout, stderr } = await runForTest([...command, "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: ${usage} `);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  },
);

test("help has an example of every command", async () => {
  for (const command of commands.filter(([name]) => name !== "up")) {
    expect((await runForTest([...command, "--help"])).stdout).toContain("Examples:");
  }
});

test("a wrong command or option exits with 1, on stderr, with a suggestion", async () => {
  const command = await runForTest(["key"]);
  expect(command).toMatchObject({ exitCode: 1, stdout: "" });
  expect(command.stderr).toContain("Did you mean keys?");
  const option = await runForTest(["keys", "list", "--jsno"]);
  expect(option).toMatchObject({ exitCode: 1, stdout: "" });
  expect(option.stderr).toContain("Did you mean --json?");
});

test("as a process it prints its version, and fails with the exit code that it means", async () => {
  const { stdout } = await run(process.execPath, [main, "--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await expect(run(process.execPath, [main, "keys", "list", "--data-dir", "/nowhere"])).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^tera: No Tera runs on \/nowhere: .*\n$/),
  });
});

test("bash completes commands and options with the script that is printed", async () => {
  /** What bash offers for a line whose last word is being typed. */
  async function offered(line: string[]): Promise<string[]> {
    const script = `
      tera() { "${process.execPath}" "${main}" "$@"; }
      # As the bash-completion package defines it, which the script relies on.
      _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${COMP_WORDS[$COMP_CWORD]}"; }
      source <(tera completion bash)
      COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")})
      COMP_CWORD=${line.length - 1}
      $(complete -p tera | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run("bash", ["-c", script]);
    return stdout.trim().split("\n");
  }
  expect(await offered(["tera", "ke"])).toEqual(["keys"]);
  expect(await offered(["tera", "keys", ""])).toEqual([
    "create",
    "list",
    "show",
    "set",
    "rotate",
    "disable",
    "enable",
    "revoke",
    "help",
  ]);
  expect(await offered(["tera", "keys", "create", "--exp"])).toEqual(["--expires"]);
});

test.for(["zsh", "fish"])("there is a completion script for %s", async (shell) => {
  const { stdout } = await run(process.execPath, [main, "completion", shell]);
  expect(stdout).toContain("tera");
  expect(stdout).toContain("complete");
});
