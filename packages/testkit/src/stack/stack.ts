/**
 * The whole of Tera as real processes on free ports: gateways, a dashboard where one is wanted, workers and fake runners (or llama.cpp), with a Postgres database and a Redis of
 * their own, an account and a key. For whole-stack tests, fault tests and benchmarks.
 *
 * Runner j belongs to worker j modulo the number of workers; a worker left without one shares runner i modulo the number of runners.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKeyStore, type KeyStore } from "@tera/access";
import { connectDatabase, type Database } from "@tera/database";
import { z } from "zod";
import { defaultSettings, type FakeRunnerSettingsChange } from "../fake-runner/settings.ts";
import type { TestServices } from "../services.ts";
import { vitestServices } from "../test-services.ts";
import { type StackProcess, startStackProcess } from "./stack-process.ts";
import { type StackRunner, startStackRunner } from "./stack-runner.ts";

export interface StackOptions {
  /** How many of each; 1 by default. */
  gateways?: number;
  workers?: number;
  fakeRunners?: number;
  /** Settings of every fake runner. Its `slots` are also what the worker fills. */
  runner?: FakeRunnerSettingsChange;
  /** Engines that run elsewhere, attached to worker 1 beside its fake runners. */
  externalRunners?: readonly ExternalRunner[];
  /** Also a fake runner that worker 1 starts by itself, as it does an engine: it can be unloaded, and its lines are read. It serves `ownModel`. */
  ownRunner?: boolean;
  /** Also a dashboard, which must have been built. */
  dashboard?: boolean;
  /** Also serve the demo model through llama.cpp, on worker 1. */
  llama?: boolean;
  /** Added to the environment of the apps. */
  env?: {
    gateway?: Readonly<Record<string, string>>;
    worker?: Readonly<Record<string, string>>;
    dashboard?: Readonly<Record<string, string>>;
  };
  /** Where database and Redis come from; vitest's by default, see startTestServices for elsewhere. */
  services?: TestServices;
}

export interface ExternalRunner {
  id: string;
  url: string;
  slots: number;
}

export interface StackGateway {
  readonly process: StackProcess;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Health and metrics. */
  readonly operationsUrl: string;
}

export interface StackWorker {
  readonly process: StackProcess;
  readonly workerId: string;
}

export interface Stack {
  readonly gateways: readonly StackGateway[];
  readonly workers: readonly StackWorker[];
  readonly runners: readonly StackRunner[];
  /** `http://localhost:<port>`; undefined: there is none. */
  readonly dashboardUrl: string | undefined;
  /** Of the first gateway, with `/v1`: what a client is given. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly accountId: string;
  /** The fake runners' first model. */
  readonly model: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly redisPid: number;
  readonly database: Database;
  /** To make more accounts and keys; telling the gateways of a revocation is the caller's part. */
  readonly keys: KeyStore;
  /** Starts a gateway or worker that was killed again, under its name; a gateway has another address then. `gateways` and `workers` hold the new one. */
  revive(part: StackGateway | StackWorker): Promise<void>;
  /** Resolves when every running gateway lists the model. @throws when that takes more than `timeoutMs`. */
  waitForModel(model: string, timeoutMs?: number): Promise<void>;
  /** The last lines of every process, to be shown when a test fails. */
  logs(): string;
  /** Stops everything. @throws when a process had ended by itself, does not stop, or stops with an error; all are ended then too. */
  stop(): Promise<void>;
}

/** What the runner that a worker starts by itself serves. */
export const ownModel = "fake/own-1b";

/** The public id of the demo model. */
export const demoModel = "tera/tera-nano";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const programs = {
  gateway: join(root, "apps/gateway/src/main.ts"),
  worker: join(root, "apps/worker/src/main.ts"),
  dashboard: join(root, "apps/dashboard/server/main.ts"),
};
const fakeRunnerProgram = fileURLToPath(new URL("../fake-runner/main.ts", import.meta.url));
const demoModelFile = join(root, "models/tera-nano/tera-nano.gguf");
const servedTimeoutMs = 20_000;
const defaultRunnerSlots = 32;

const gatewayReadySchema = z.object({ url: z.string(), operationsUrl: z.string() });
const workerReadySchema = z.object({ workerId: z.string() });
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { gateways: gatewayCount = 1, workers: workerCount = 1, fakeRunners: runnerCount = 1 } = options;
  const services = options.services ?? vitestServices;
  const runnerSettings = { slots: defaultRunnerSlots, ...options.runner };
  const secret = randomBytes(32).toString("hex");
  /** What to undo, newest last. */
  const cleanups: (() => Promise<void>)[] = [];
  const processes: StackProcess[] = [];

  async function stop(): Promise<void> {
    const failures = processes.flatMap(({ failure }) => failure ?? []);
    for (const cleanup of cleanups.splice(0).reverse()) {
      await cleanup().catch((error: unknown) => failures.push(String(error)));
    }
    if (failures.length > 0) throw new Error(`the stack did not hold:\n${failures.join("\n\n")}`);
  }

  /** Keeps a process so that it is ended, also when the start of the next one fails. */
  function keep(started: StackProcess): StackProcess {
    processes.push(started);
    cleanups.push(() => started.stop());
    return started;
  }

  async function start(): Promise<Stack> {
    const directory = await mkdtemp(join(tmpdir(), "tera-stack-"));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const testDatabase = await services.createDatabase();
    cleanups.push(() => testDatabase.drop());
    const redis = await services.createRedis();
    cleanups.push(() => redis.stop());
    const database = connectDatabase({ url: testDatabase.url, name: "tera-stack" });
    cleanups.push(() => database.close());

    const keys = createKeyStore({ db: database.db, secret });
    const account = await keys.createAccount({ name: "test", kind: "postpaid" });
    const { apiKey, key } = await keys.createKey({ accountId: account.id, name: "test" });

    const runners: StackRunner[] = [];
    for (let index = 1; index <= runnerCount; index++) {
      const runner = await startStackRunner(`runner-${index}`, runnerSettings);
      keep(runner.process);
      runners.push(runner);
    }

    const environment = { REDIS_URL: redis.url };
    const workers: StackWorker[] = [];
    const startWorkers: (() => Promise<StackProcess>)[] = [];
    const startWorker = async (index: number) => {
      const process = await startWorkers[index]?.();
      if (process === undefined) throw new Error(`there is no worker ${index + 1}`);
      workers[index] = { process: keep(process), ...workerReadySchema.parse(process.ready) };
    };
    for (let index = 0; index < workerCount; index++) {
      const assigned = runners.filter((_, at) => at % workerCount === index);
      const shared = runners[index % Math.max(1, runners.length)];
      const attached = assigned.length > 0 || shared === undefined ? assigned : [shared];
      const file = join(directory, `worker-${index + 1}.yaml`);
      const llama = options.llama === true && index === 0;
      const external = index === 0 ? (options.externalRunners ?? []) : [];
      const own = options.ownRunner === true && index === 0;
      await writeFile(file, workerFile({ runners: attached, settings: runnerSettings, llama, own, external }));
      startWorkers.push(() =>
        startStackProcess({
          name: `worker-${index + 1}`,
          program: programs.worker,
          environment: {
            ...environment,
            TERA_WORKER_ID: `worker-${index + 1}`,
            TERA_WORKER_CONFIG: file,
            TERA_WORKER_MODELS_DIR: join(directory, "models"),
            ...options.env?.worker,
          },
        }),
      );
      await startWorker(index);
    }

    const gateways: StackGateway[] = [];
    const startGateway = async (index: number) => {
      const process = await startStackProcess({
        name: `gateway-${index + 1}`,
        program: programs.gateway,
        environment: {
          ...environment,
          DATABASE_URL: testDatabase.url,
          TERA_SECRET: secret,
          TERA_GATEWAY_ID: `gateway-${index + 1}`,
          TERA_GATEWAY_PORT: "0",
          TERA_GATEWAY_UNPRICED: "free",
          TERA_GATEWAY_OPERATIONS_PORT: "0",
          ...options.env?.gateway,
        },
      });
      gateways[index] = { process: keep(process), ...gatewayReadySchema.parse(process.ready) };
    };
    for (let index = 0; index < gatewayCount; index++) await startGateway(index);

    const dashboardUrl = options.dashboard === true ? `http://localhost:${await findFreePort()}` : undefined;
    if (dashboardUrl !== undefined) {
      const process = await startStackProcess({
        name: "dashboard",
        program: programs.dashboard,
        environment: {
          ...environment,
          DATABASE_URL: testDatabase.url,
          TERA_SECRET: secret,
          TERA_DASHBOARD_URL: dashboardUrl,
          TERA_DASHBOARD_PORT: new URL(dashboardUrl).port,
          TERA_DASHBOARD_GATEWAY_URL: gateways[0]?.url,
          ...options.env?.dashboard,
        },
      });
      keep(process);
    }

    async function revive(part: StackGateway | StackWorker): Promise<void> {
      const isPart = ({ process }: { process: StackProcess }) => process === part.process;
      const gateway = gateways.findIndex(isPart);
      await (gateway >= 0 ? startGateway(gateway) : startWorker(workers.findIndex(isPart)));
    }

    async function waitForModel(model: string, timeoutMs = servedTimeoutMs): Promise<void> {
      const deadlineMs = performance.now() + timeoutMs;
      for (const gateway of gateways) {
        while (gateway.process.running && !(await listModels(gateway.url, apiKey)).includes(model)) {
          if (performance.now() > deadlineMs) throw new Error(`${gateway.process.name} does not serve ${model}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }

    const model = runnerSettings.models?.[0] ?? defaultSettings.models[0] ?? "";
    if (runners.length > 0 && workers.length > 0) await waitForModel(model);
    if (options.llama === true) await waitForModel(demoModel);
    if (options.ownRunner === true) await waitForModel(ownModel);

    return {
      gateways,
      workers,
      runners,
      dashboardUrl,
      baseUrl: `${gateways[0]?.url ?? ""}/v1`,
      apiKey,
      keyId: key.id,
      accountId: account.id,
      model,
      databaseUrl: testDatabase.url,
      redisUrl: redis.url,
      redisPid: redis.pid,
      database,
      keys,
      revive,
      waitForModel,
      logs,
      stop,
    };
  }

  function logs(): string {
    return processes.map(({ name, logs: lines }) => `--- ${name}\n${lines.slice(-60).join("\n")}`).join("\n");
  }

  try {
    return await start();
  } catch (error) {
    const shown = logs();
    await stop().catch(() => undefined);
    throw new Error(`the stack did not start: ${error instanceof Error ? error.message : String(error)}\n${shown}`, {
      cause: error,
    });
  }
}

interface WorkerFileOptions {
  runners: readonly StackRunner[];
  settings: FakeRunnerSettingsChange;
  llama: boolean;
  own: boolean;
  external: readonly ExternalRunner[];
}

/** A JSON document is YAML. */
function workerFile({ runners, settings, llama, own, external }: WorkerFileOptions): string {
  const entries: object[] = runners.map(({ url, process }) => ({
    kind: "http",
    id: process.name,
    url,
    slots: settings.slots,
    ...(settings.apiKey == null ? {} : { apiKey: settings.apiKey }),
  }));
  if (llama) entries.push({ kind: "llama", id: "demo", model: demoModelFile, name: demoModel });
  if (own) {
    const command = [process.execPath, fakeRunnerProgram, "--port", "{port}", "--models", ownModel];
    entries.push({ kind: "process", id: "own", command });
  }
  entries.push(...external.map((runner) => ({ kind: "http", ...runner })));
  return JSON.stringify({ runners: entries });
}

async function listModels(gatewayUrl: string, apiKey: string): Promise<string[]> {
  const response = await fetch(`${gatewayUrl}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } });
  if (!response.ok) return [];
  return modelsSchema.parse(await response.json()).data.map(({ id }) => id);
}

/** For a server whose address must be known before it listens. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("a TCP listener has an address");
  return address.port;
}
