/** All faults of a layout, one after the other, on one stack. */
import { connectRedis } from "@tera/queue";
import { type Stack, startStack, type TestServices } from "@tera/testkit";
import { createBadRunner } from "./bad-runner.ts";
import type { Scale } from "./episode.ts";
import { type Layout, runnerSettings, stackOptions } from "./layouts.ts";
import type { Row } from "./row.ts";
import { runCase } from "./run-case.ts";

export interface RunLayoutOptions {
  scale: Scale;
  seed: number;
  /** Vitest's by default. */
  services?: TestServices;
  /** Ends the run early, in order. */
  signal?: AbortSignal;
  log(line: string): void;
  /** Called with each row; and with the logs of all parts where it was not met. */
  onRow(row: Row, logs: string | undefined): void;
}

const quiet = { info: () => undefined, warn: () => undefined };

/** @throws when a part of the stack did not hold: no fault of a runner may bring down a worker or a gateway. */
export async function runLayout(layout: Layout, options: RunLayoutOptions): Promise<void> {
  const { services, scale, seed, signal, log, onRow } = options;
  const stack = await startStack({ ...stackOptions(layout), ...(services === undefined ? {} : { services }) });
  try {
    await Promise.race([runCases(stack), whenAborted(signal)]);
  } finally {
    await stack.stop();
  }

  async function runCases(running: Stack): Promise<void> {
    const [first] = running.runners;
    if (first === undefined) throw new Error("the stack has no runner");
    const redis = connectRedis(running.redisUrl, { name: "tera-chaos", log: quiet });
    await redis.connect();
    const badRunner = createBadRunner(first, runnerSettings);
    try {
      for (const faultCase of layout.cases) {
        const row = await runCase(faultCase, {
          stack: running,
          redis,
          badRunner,
          layout: layout.name,
          scale,
          seed,
          log,
        });
        onRow(row, row.met ? undefined : running.logs());
      }
    } finally {
      redis.disconnect();
      await badRunner.stop();
    }
  }
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error("stopped before the end"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
}
