/**
 * `tera up`: the whole stack on one machine, from nothing to a first real answer, and back.
 *
 *   data directory -> Redis, engines found ---> worker (loads the model) ---------+
 *                 \-> Postgres -> migrations -> first key -> gateway, dashboard -+-> first answer -> screen ... end -> stop
 *
 * The two lines run side by side. Whatever happens on the way (a signal, a part that dies, a full disk), what was started is stopped.
 */
import { isDatabaseUnavailable, migrateDatabase } from "@tera/database";
import { createProcessGuard, findFreePort, type ProcessGuard } from "@tera/embedded";
import { z } from "zod";
import { auditActorOf } from "../stack/audit-actor.ts";
import { createAttachReporter } from "./attach-messages.ts";
import { type AppName, startChild } from "./child.ts";
import type { UpConfig } from "./config.ts";
import { makeSignInLink } from "./dashboard.ts";
import { type DataDirectory, openDataDirectory, readStack } from "./data-directory.ts";
import { untilFirstAnswer } from "./first-answer.ts";
import { ensureFirstKey, type FirstKey } from "./first-key.ts";
import type { UpFlags } from "./flags.ts";
import { endLeftOvers } from "./left-overs.ts";
import { createParts, type Part, type Parts } from "./parts.ts";
import { createPatience } from "./patience.ts";
import { needsWorker, planWorker, type WorkerPlan } from "./plan-worker.ts";
import { checkPort } from "./port.ts";
import { createProgress, type Output, type Progress } from "./progress.ts";
import { type RunnerWatch, watchRunners } from "./runner-watch.ts";
import { type Dashboard, type Ready, renderJsonLine, renderScreen } from "./screen.ts";
import { ensureSecret } from "./secret.ts";
import { openPostgres, openRedis } from "./servers.ts";
import { UpError } from "./up-error.ts";
import { renderWorkerFile } from "./worker-file.ts";

export interface UpSurroundings {
  stdout: Output;
  stderr: Output;
  /** Where engines are looked for; by default on the usual ports. */
  localPorts?: readonly number[];
}

/** A drain is shorter than `tera up`'s own end, which kills what is left. */
const childDrainMs = 2_000;
const childStopMs = 2_800;

const readySchema = z.object({ type: z.literal("ready"), url: z.url() });

/**
 * Runs the stack until `ending` aborts. Resolves when everything has stopped.
 * @throws {UpError | EmbeddedError | ConfigError} in words for the operator, when it does not start or a part dies; everything has stopped then too.
 */
export async function runUp(
  flags: UpFlags,
  config: UpConfig,
  { stdout, stderr, localPorts }: UpSurroundings,
  ending: AbortSignal,
): Promise<void> {
  const progress = createProgress(stderr);
  const directory = await openDataDirectory(flags.dataDirectory);
  const guard = await createProcessGuard();
  const parts = createParts();
  const ended = new Promise<undefined>((resolve) => {
    ending.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    const starting = start({ flags, config, localPorts, directory, guard, parts, progress, ending });
    // After an early end nobody waits for what comes of it.
    starting.catch(() => undefined);
    const ready = await Promise.race([starting, parts.death, ended]);
    if (ready) {
      progress.end();
      stdout.write(flags.json ? `${renderJsonLine(ready)}\n` : renderScreen(ready));
      await Promise.race([parts.death, ended]);
    }
  } finally {
    progress.update("stopping");
    await parts.stop();
    await directory.remove("stack.json");
    await guard.close();
    directory.release();
    progress.end();
  }
}

interface Start {
  flags: UpFlags;
  config: UpConfig;
  localPorts: readonly number[] | undefined;
  directory: DataDirectory;
  guard: ProcessGuard;
  parts: Parts;
  progress: Progress;
  ending: AbortSignal;
}

async function start(context: Start): Promise<Ready> {
  const { flags, directory, parts, progress, ending } = context;
  progress.update("looking at the data directory");
  const earlier = await readStack(directory.path);
  if (earlier) await endLeftOvers(earlier);
  if (flags.port !== 0) await checkPort(flags.host, flags.port, "--port");
  if (flags.dashboardPort) await checkPort("127.0.0.1", flags.dashboardPort, "--dashboard-port");
  const secret = await ensureSecret(context.config.secret, directory);

  progress.update("starting Postgres and Redis");
  const [{ databaseUrl, key }, { redisUrl, runners, plan }] = await Promise.all([
    startDatabase(context, secret),
    startLanes(context),
  ]);

  progress.update("starting the gateway");
  const services = { databaseUrl, redisUrl, secret };
  const api = await startGateway(context, services);
  progress.update("starting the dashboard");
  const dashboard = await startDashboard(context, services, api);
  const stack = { pid: process.pid, api, dashboard: dashboard?.url, databaseUrl, redisUrl, pids: parts.pids() };
  await directory.write("stack.json", `${JSON.stringify(stack, undefined, 2)}\n`);

  const giveUp = createPatience(plan.runners, runners, progress);
  const inMemory = plan.engines.flatMap(({ models }) => models.filter(({ isLoaded }) => isLoaded).map(({ id }) => id));
  try {
    const model = needsWorker(plan)
      ? await untilFirstAnswer({ api, apiKey: key.apiKey }, { giveUp, inMemory, signal: ending })
      : null;
    return {
      api,
      apiKey: key.apiKey,
      dashboard,
      model,
      accountId: key.accountId,
      pids: { up: process.pid, ...parts.pids() },
      readyMs: Math.round(performance.now()),
      dataDirectory: directory.path,
      redisUrl,
      plan,
    };
  } finally {
    runners.close();
  }
}

async function startDatabase(
  { config, directory, guard, parts, progress }: Start,
  secret: string,
): Promise<{ databaseUrl: string; key: FirstKey }> {
  const server = await parts.start("postgres", "server", () =>
    openPostgres(config.databaseUrl, { directory, guard, note: progress.note }),
  );
  try {
    await migrateDatabase(server.url, { log: { info: (_fields, message) => progress.update(message) } });
    const { url: databaseUrl } = server;
    const actor = auditActorOf(config.environment);
    return { databaseUrl, key: await ensureFirstKey({ databaseUrl, secret, directory, actor }) };
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    throw new UpError(`Postgres at ${new URL(server.url).host} cannot be reached: check DATABASE_URL.`, {
      cause: error,
    });
  }
}

/** Redis, and the worker as soon as it is there: the model loads while the database migrates. */
async function startLanes(context: Start): Promise<{ redisUrl: string; runners: RunnerWatch; plan: WorkerPlan }> {
  const { flags, config, localPorts, directory, guard, parts, progress } = context;
  const [server, plan] = await Promise.all([
    parts.start("redis", "server", () => openRedis(config.redisUrl, { directory, guard, note: progress.note })),
    planWorker(flags, localPorts),
  ]);
  for (const { title, port } of plan.engines) progress.update(`found ${title} on port ${port}`);
  const runners = await watchRunners(server.url);
  if (!needsWorker(plan)) return { redisUrl: server.url, runners, plan };
  await directory.write("worker.yaml", renderWorkerFile(plan));
  const { DATABASE_URL: _database, TERA_SECRET: _secret, ...inherited } = config.environment;
  const environment = {
    TERA_WORKER_MODELS_DIR: directory.at("models"),
    ...inherited,
    REDIS_URL: server.url,
    TERA_WORKER_CONFIG: directory.at("worker.yaml"),
    TERA_WORKER_DRAIN_MS: String(childDrainMs),
  };
  await startApplication(context, "worker", environment, createAttachReporter(plan.engines, progress.note));
  return { redisUrl: server.url, runners, plan };
}

interface Services {
  databaseUrl: string;
  redisUrl: string;
  secret: string;
}

/** @returns `http://127.0.0.1:8787/v1` */
async function startGateway(context: Start, { databaseUrl, redisUrl, secret }: Services): Promise<string> {
  const { flags, config } = context;
  const gateway = await startApplication(context, "gateway", {
    ...config.environment,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    TERA_SECRET: secret,
    TERA_GATEWAY_HOST: flags.host,
    TERA_GATEWAY_PORT: String(flags.port),
    TERA_GATEWAY_HEALTH_PUBLIC: "true",
    // The first model has no price yet, and shall answer.
    TERA_GATEWAY_UNPRICED: "free",
    TERA_GATEWAY_DRAIN_MS: String(childDrainMs),
  });
  const { url } = readySchema.parse(await Promise.race([gateway.ready, context.parts.death]));
  // An address that means "all of them" is none that a client can call.
  const callable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  return `${callable.replace(/\/$/, "")}/v1`;
}

/** @param api what the gateway is called */
async function startDashboard(
  context: Start,
  { databaseUrl, redisUrl, secret }: Services,
  api: string,
): Promise<Dashboard | null> {
  const { flags, config } = context;
  if (flags.dashboardPort === undefined) return null;
  const port = flags.dashboardPort === 0 ? await findFreePort() : flags.dashboardPort;
  const dashboard = await startApplication(context, "dashboard", {
    TERA_DASHBOARD_GATEWAY_URL: new URL(api).origin,
    ...config.environment,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    TERA_SECRET: secret,
    TERA_DASHBOARD_PORT: String(port),
  });
  const { url } = readySchema.parse(await Promise.race([dashboard.ready, context.parts.death]));
  return { url, signInLink: await makeSignInLink(databaseUrl, url) };
}

async function startApplication(
  { directory, guard, parts }: Start,
  name: AppName,
  environment: NodeJS.ProcessEnv,
  onMessage?: (message: unknown) => void,
): Promise<Part & { ready: Promise<unknown> }> {
  return parts.start(name, "application", async () => {
    const logPath = directory.at("logs", `${name}.log`);
    const child = await startChild(name, { environment, logPath, guard, onMessage });
    return { pid: child.pid, ready: child.ready, exited: child.exited, stop: () => child.stop(childStopMs) };
  });
}
