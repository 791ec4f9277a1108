/** Tera as it is: gateway, worker, Redis and Postgres as processes, a key, and a usage record for every request. */
import { usageEvent } from "@tera/database";
import { type Stack, startStack } from "@tera/testkit";
import { chatPath, type StartTargetOptions, type Target } from "./target.ts";

export interface TeraTarget extends Target {
  /** Rows of usage, once nothing is open and nothing is pending any more. @throws when that does not come to pass in time. */
  settledUsageRows(): Promise<number>;
}

export interface TeraOptions extends StartTargetOptions {
  /** Where gateway and worker write their CPU profiles when they end. */
  profileDirectory: string | undefined;
}

const settleTimeoutMs = 30_000;
const askEveryMs = 50;

export async function startTera({ workbench, engines, profileDirectory }: TeraOptions): Promise<TeraTarget> {
  const environment =
    profileDirectory === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` };
  const stack = await startStack({
    services: workbench.services,
    fakeRunners: 0,
    externalRunners: engines.map(({ workerUrl, slots }, index) => ({ id: `engine-${index}`, url: workerUrl, slots })),
    env: { gateway: environment, worker: environment },
  });
  workbench.defer(() => stack.stop());
  for (const { model } of engines) {
    await stack.waitForModel(model).catch((cause: unknown) => {
      throw new Error(`Tera does not see the engine of ${model}:\n${stack.logs()}`, { cause });
    });
  }
  const [gateway] = stack.gateways;
  const [worker] = stack.workers;
  if (gateway === undefined || worker === undefined) throw new Error("a stack has a gateway and a worker");
  return {
    name: "tera",
    endpoints: engines.map(({ model }) => ({
      url: gateway.url + chatPath,
      headers: { authorization: `Bearer ${stack.apiKey}` },
      model,
    })),
    processes: { gateway: gateway.process.pid, worker: worker.process.pid, redis: stack.redisPid },
    version: undefined,
    async settledUsageRows() {
      await untilSettled(gateway.operationsUrl);
      return countUsageRows(stack);
    },
  };
}

function countUsageRows({ database }: Stack): Promise<number> {
  return database.db.$count(usageEvent);
}

async function untilSettled(operationsUrl: string): Promise<void> {
  const deadlineMs = performance.now() + settleTimeoutMs;
  for (;;) {
    const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
    const open = readGauge(metrics, "tera_open_requests") + readGauge(metrics, "tera_pending_usage_records");
    if (open === 0) return;
    if (performance.now() > deadlineMs) throw new Error(`${open} requests are still open or not settled`);
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
}

function readGauge(metrics: string, name: string): number {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(metrics)?.[1];
  if (value === undefined) throw new Error(`the gateway has no metric ${name}`);
  return Number(value);
}
