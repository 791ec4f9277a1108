/** Waits for a server that does not tell when it is ready. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerExit } from "@tera/embedded";

const timeoutMs = 20_000;
const tryEveryMs = 20;

/** @throws with its last words when it ends before, or when the time is up. */
export async function untilListening(ports: readonly number[], exited: Promise<ServerExit>): Promise<void> {
  let exit: ServerExit | undefined;
  void exited.then((value) => {
    exit = value;
  });
  const deadlineMs = performance.now() + timeoutMs;
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (exit !== undefined) throw new Error(`it ended (${exit.signal ?? exit.code}): ${exit.lastLines.join(" | ")}`);
      if (performance.now() > deadlineMs) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`);
      await sleep(tryEveryMs);
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
