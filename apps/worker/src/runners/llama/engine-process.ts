/** Worker side of one engine process: starts it, speaks with it, tells when and how it ended. */
import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { type FromEngine, parseFromEngine, type ToEngine } from "./messages.ts";

/** Last lines of its error output: the only trace of what native code died of. */
const lastLinesMax = 20;
const lineLengthMax = 500;

export interface EngineProcess {
  readonly pid: number | undefined;
  /** What it wrote to its error output last, oldest first. */
  readonly lastLines: readonly string[];
  send(message: ToEngine): void;
  /** Ends it at once; resolves when it is gone. Idempotent. */
  kill(): Promise<void>;
}

export interface EngineProcessEvents {
  onMessage(message: FromEngine): void;
  /** Once. `how`: exit code or signal. */
  onExit(how: string): void;
}

export function startEngineProcess(events: EngineProcessEvents): EngineProcess {
  const child = fork(new URL("./child-main.ts", import.meta.url), {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const lastLines: string[] = [];
  let end: (how: string) => void;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });

  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastLines.push(line.slice(0, lineLengthMax));
      if (lastLines.length > lastLinesMax) lastLines.shift();
    });
  }
  child.on("message", (value) => {
    const message = readMessage(value);
    if (message !== undefined) events.onMessage(message);
  });
  // `close` comes after the last of its output; when it could not be started at all there is only `error`.
  child.once("close", (code, signal) => end(signal ?? `exit code ${code}`));
  child.on("error", (error) => {
    if (child.pid === undefined) end(error.message);
  });
  void ended.then((how) => events.onExit(how));

  /** An engine that speaks nonsense is broken, and must not take the worker with it. */
  function readMessage(value: unknown): FromEngine | undefined {
    try {
      return parseFromEngine(value);
    } catch (error) {
      lastLines.push(`it sent what is no message: ${error instanceof Error ? error.message : error}`);
      child.kill("SIGKILL");
      return undefined;
    }
  }

  return {
    pid: child.pid,
    lastLines,
    send(message) {
      // Its end is heard of through `close`; a message that no longer reaches it has no other consequence.
      if (child.connected) child.send(message, () => undefined);
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
