/** The worker's process: reads the configuration, connects, runs, and drains when told to end. The only file with side effects. */
import { ConfigError } from "@tera/protocol";
import { connectBlockingRedis, openRedis, RedisUnsuitableError } from "@tera/queue";
import { createLogger } from "@tera/telemetry";
import { readConfig, serverEnvironment } from "./config.ts";
import { startGpuReader } from "./gpu/gpu-reader.ts";
import { createRunner } from "./runners/create-runner.ts";
import { discoverEngines } from "./runners/discovery/discover-engines.ts";
import { type RunnerEars, startWorker } from "./worker.ts";
import { type RunnerSettings, readWorkerFile } from "./worker-file.ts";

async function main(): Promise<void> {
  const config = readConfig();
  const { runners: runnerSettings, discoverPorts } = readWorkerFile(config.TERA_WORKER_CONFIG);
  const log = createLogger({ name: "worker", level: config.TERA_LOG_LEVEL }).child({ workerId: config.TERA_WORKER_ID });

  const redis = await openRedis(config.REDIS_URL, { name: "tera-worker", log });
  const gpus = startGpuReader({ log, environment: serverEnvironment() });

  const create = (settings: RunnerSettings, ears: RunnerEars) =>
    createRunner(settings, {
      log: log.child({ runner: settings.id }),
      ...ears,
      modelsDir: config.TERA_WORKER_MODELS_DIR,
      serverEnvironment: serverEnvironment(),
    });
  const worker = startWorker({
    workerId: config.TERA_WORKER_ID,
    redis,
    connectBlocking: (name) => connectBlockingRedis(config.REDIS_URL, { name, log }),
    runners: runnerSettings.map((settings) => (ears: RunnerEars) => create(settings, ears)),
    readGpus: gpus.read,
    drainMs: config.TERA_WORKER_DRAIN_MS,
    liveReserve: config.TERA_WORKER_LIVE_RESERVE,
    log,
  });
  log.info({ runners: runnerSettings.length }, "worker started");
  process.send?.({ type: "ready", workerId: config.TERA_WORKER_ID });
  const discovery = discoverEngines({
    ports: discoverPorts,
    workerId: config.TERA_WORKER_ID,
    redis,
    host: worker,
    createRunner: create,
    tell: (message) => process.send?.(message),
    log,
  });

  let ending = false;
  async function end(reason: string): Promise<void> {
    if (ending) process.exit(1);
    ending = true;
    log.info({ reason }, "worker stops");
    await discovery.stop();
    await worker.stop();
    gpus.stop();
    redis.disconnect();
    process.exit(0);
  }
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  // The parent that started us with a channel is gone: nobody would stop us any more.
  process.on("disconnect", () => void end("parent gone"));
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof RedisUnsuitableError;
  console.error(expected ? error.message : error);
  process.exit(1);
});
