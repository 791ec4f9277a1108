/** `tera up`: its flags, its signals, and how it reports a failure. What it does is in ../up/up.ts. */
import { EmbeddedError, isDiskFull } from "@tera/embedded";
import { ConfigError } from "@tera/protocol";
import type { Command } from "commander";
import { readUpConfig } from "../up/config.ts";
import { defaultDataDirectory, parseUpFlags, type UpFlags } from "../up/flags.ts";
import { UpError } from "../up/up-error.ts";

export function registerUp(program: Command): void {
  program
    .command("up")
    .description("run the whole stack on this machine: Postgres, Redis, gateway, worker, a model and the dashboard")
    .option("--port <number>", "port of the API; 0: any free one", "8787")
    .option("--host <address>", "address to listen on; 0.0.0.0: every interface", "127.0.0.1")
    .option("--dashboard-port <number>", "port of the dashboard; 0: any free one", "8788")
    .option("--no-dashboard", "start without the dashboard")
    .option("--data-dir <directory>", "where everything is kept (default: .tera in the clone)")
    .option("--model <model>", "serve this model through llama.cpp: a GGUF file, or hf:owner/repo[:quant]")
    .option("--runner <url>", "attach an OpenAI-compatible server (repeatable)", collect)
    .option("--no-runner", "start without a worker; attach one later")
    .option("--demo", "serve the bundled demo model; look for no engine")
    .option("--json", "print one JSON line when ready")
    .addHelpText(
      "after",
      `
Without --model, --runner, --no-runner and --demo, the engines on the usual
ports of this machine are attached (vLLM, SGLang, llama.cpp, TGI, Ollama, LM
Studio), also those that are started later. Where none answers, the demo model
is served.

DATABASE_URL and REDIS_URL replace the embedded servers.
`,
    )
    .action(async (options: unknown) => {
      process.exit(await up(options));
    });
}

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** @returns the exit code */
async function up(options: unknown): Promise<number> {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ending.abort());
  // Started through npm or `tera`: the launcher was killed.
  process.on("disconnect", () => ending.abort());
  // Whoever read our output has gone; what it says is lost, and nothing else.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

  let flags: UpFlags | undefined;
  try {
    flags = parseUpFlags(options, process.cwd());
    // Loaded here, because the drivers behind it take half a second that help and shell completion should not.
    const { runUp } = await import("../up/up.ts");
    await runUp(flags, readUpConfig(), process, ending.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`${describeFailure(error, flags?.dataDirectory ?? defaultDataDirectory)}\n`);
    return 1;
  }
}

function describeFailure(error: unknown, dataDirectory: string): string {
  if (hasCause(error, isDiskFull))
    return `tera: The disk that holds ${dataDirectory} is full: free some space and start again.`;
  if (error instanceof UpError) {
    const said = error.lastLines.length > 0 ? ["Its last lines:", ...error.lastLines.map((line) => `  ${line}`)] : [];
    return [`tera: ${error.message}`, ...said].join("\n");
  }
  if (error instanceof EmbeddedError || error instanceof ConfigError) return `tera: ${error.message}`;
  return `tera: an unexpected error: ${error instanceof Error ? error.stack : String(error)}`;
}

function hasCause(error: unknown, test: (candidate: unknown) => boolean): boolean {
  for (let candidate = error; candidate instanceof Error; candidate = candidate.cause) {
    if (test(candidate)) return true;
  }
  return false;
}
