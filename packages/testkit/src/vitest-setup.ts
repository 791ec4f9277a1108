/**
 * Vitest's global set-up for the whole workspace: offers Postgres and Redis to the test files (see test-services.ts), and fails the run when a
 * test left a database, a server or any other process behind.
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { z } from "zod";
import { findOffspring, type ListedProcess } from "./process-list.ts";

const markerName = "TESTKIT_RUN";
/** How long what was told to end may take to do so. Milliseconds. */
const graceMs = 3_000;

const readySchema = z.object({ type: z.literal("ready"), url: z.string() });
const stoppedSchema = z.object({ type: z.literal("stopped"), left: z.array(z.string()) });

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runId = randomBytes(8).toString("hex");
  // Inherited by every worker, and by what the tests start.
  process.env[markerName] = runId;
  const services = fork(fileURLToPath(new URL("services-main.ts", import.meta.url)), { execArgv: [] });
  const [ready] = await once(services, "message");
  project.provide("testServicesUrl", readySchema.parse(ready).url);

  return async () => {
    services.send({ type: "stop" });
    const [stopped] = await once(services, "message");
    const { left } = stoppedSchema.parse(stopped);
    for (const { pid, command } of await waitForEnd(runId)) {
      left.push(`process ${pid} still runs: ${command}`);
      process.kill(pid, "SIGKILL");
    }
    if (left.length > 0) throw new Error(`the tests left behind:\n${left.join("\n")}`);
  };
}

async function waitForEnd(runId: string): Promise<ListedProcess[]> {
  const deadlineMs = performance.now() + graceMs;
  for (;;) {
    const leaked = await offspring(runId);
    if (leaked.length === 0 || performance.now() > deadlineMs) return leaked;
    await delay(100);
  }
}

/** All but vitest's own: its workers, which are ended after this, and the compiler that its loader keeps. */
async function offspring(runId: string): Promise<ListedProcess[]> {
  const found = await findOffspring(process.pid, `${markerName}=${runId}`);
  return found.filter(({ command }) => !/node_modules\/.*(vitest|esbuild|rolldown)|^node \(vitest/.test(command));
}
