// Dependencies first, then the program. `up` and `tera` are the command line; `bench` measures; `test` is everything that must pass.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { handOver } from "../../apps/cli/bin/hand-over.mjs";
import { bringCuda } from "./cuda.mjs";
import { bringDependencies } from "./dependencies.mjs";
import { bringWeb } from "./web.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** @param {readonly string[]} words the command and its arguments: `up --json`, `tera keys list`, `test` */
export async function run([command, ...args]) {
  const programs = {
    up: ["apps/cli/src/main.ts", "up", ...args],
    tera: ["apps/cli/src/main.ts", ...args],
    bench: ["bench/src/main.ts", ...args],
    chaos: ["tests/chaos/main.ts", ...args],
    screenshots: ["tests/dashboard/screenshots/main.ts", ...args],
    test: ["scripts/test.mjs", ...args],
  };
  const program = programs[command];
  if (!program) {
    say(`unknown command ${command}: ${Object.keys(programs).join(", ")}`);
    process.exit(2);
  }
  try {
    await bringDependencies(root, say);
    await bringCuda(root, say);
    const showsWeb =
      ["up", "test", "screenshots"].includes(command) || (command === "bench" && args[0] === "dashboard");
    if (showsWeb) await bringWeb(root, say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
  handOver(root, program);
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`tera: ${line}\n`);
}
