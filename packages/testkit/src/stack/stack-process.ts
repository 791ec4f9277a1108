/** One process of the stack: started with an IPC channel, awaited until ready, its last lines kept, its end expected or a failure. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface StackProcess {
  /** `gateway-1`, `worker-2`, ... */
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  /** What it printed last, at most 500 lines. */
  readonly logs: readonly string[];
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends any signal; for one that ends a process, resolves when it has ended, and that end is no failure. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, so that it drains. @throws when it does not exit with 0 in time; it is killed then. */
  stop(): Promise<void>;
  /** It is about to be made to end by other means: that is no failure. Resolves when it has ended. */
  expectEnd(): Promise<void>;
  /** Undefined while all is well: why it ended although nobody told it to. */
  readonly failure: string | undefined;
}

export interface StackProcessOptions {
  name: string;
  /** Path of the TypeScript file to run. */
  program: string;
  arguments?: readonly string[];
  /** Added to the few variables that every process needs; nothing else is inherited. */
  environment: Readonly<Record<string, string | undefined>>;
}

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
const logLinesMax = 500;
const fatalSignals: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGABRT", "SIGSEGV"];
const inherited = ["PATH", "HOME", "TMPDIR", "TESTKIT_RUN"];

/** @throws when it ends before it is ready, or is not ready in time; the error holds its last lines. */
export async function startStackProcess(options: StackProcessOptions): Promise<StackProcess> {
  const { name, program } = options;
  const own = Object.fromEntries(inherited.map((variable) => [variable, process.env[variable]]));
  const child = fork(program, options.arguments ?? [], {
    env: { ...own, ...options.environment },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const logs: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      logs.push(line);
      if (logs.length > logLinesMax) logs.shift();
    });
  }
  let expected = false;
  let failure: string | undefined;
  let running = true;
  const exited = once(child, "close").then(([code, signal]) => {
    running = false;
    if (!expected) failure = describe(`ended by itself (${signal ?? `exit code ${code}`})`);
    return { code, signal };
  });

  function describe(what: string): string {
    return `${name} ${what}; its last lines:\n${logs.slice(-40).join("\n")}`;
  }

  const ready = await Promise.race([
    once(child, "message").then(([message]) => message),
    exited,
    timeout(readyTimeoutMs),
  ]);
  if (!isReady(ready)) {
    expected = true;
    child.kill("SIGKILL");
    await exited;
    throw new Error(describe("did not become ready"));
  }

  return {
    name,
    pid: child.pid ?? 0,
    get running() {
      return running;
    },
    logs,
    ready,
    get failure() {
      return failure;
    },
    async kill(signal) {
      const fatal = fatalSignals.includes(signal);
      if (fatal) expected = true;
      child.kill(signal);
      if (fatal) await exited;
    },
    async expectEnd() {
      expected = true;
      await exited;
    },
    async stop() {
      if (!running) return;
      expected = true;
      // A process that a test has stopped with SIGSTOP must run to end.
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const exit = await Promise.race([exited, timeout(stopTimeoutMs)]);
      if (exit === undefined) {
        child.kill("SIGKILL");
        await exited;
        throw new Error(describe(`did not stop within ${stopTimeoutMs} ms`));
      }
      if (exit.code !== 0) throw new Error(describe(`stopped with ${exit.signal ?? `exit code ${exit.code}`}`));
    },
  };
}

function isReady(message: unknown): message is Record<string, unknown> {
  return typeof message === "object" && message !== null && "type" in message && message.type === "ready";
}

function timeout(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}
