/**
 * The `process` runner: starts a server (`vllm serve ...`, `llama-server ...`, anything that speaks OpenAI's API), keeps it running, and drives it as
 * the http runner would.
 *
 * What happens when is decided in process-state.ts; this file carries it out. Each process that is started gets an http runner of its own: nothing
 * that was learnt of the one before (models, version, connections) is taken for granted.
 */
import { basename } from "node:path";
import { emptyUsage, type RunnerState, type RunnerStatus, TeraError } from "@tera/protocol";
import type { ProcessRunnerSettings } from "../../worker-file.ts";
import { createHttpRunner } from "../http/http-runner.ts";
import type { Runner, RunnerDependencies } from "../runner.ts";
import { fillPlaceholders } from "./command-words.ts";
import { describeProcess } from "./describe-process.ts";
import { programProblem } from "./find-program.ts";
import { createLogLines } from "./log-lines.ts";
import { createSecretMask, secretsOf } from "./mask-secrets.ts";
import {
  decideProcess,
  initialProcessState,
  type ProcessEvent,
  type ProcessPhase,
  phaseLimitMs,
} from "./process-state.ts";
import { findFreePort, isPortTaken } from "./server-port.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

/** The worker and its servers are on one machine: nobody else may reach an engine past the gateway. */
const host = "127.0.0.1";

export interface ProcessRunnerDependencies extends RunnerDependencies {
  /** What a server inherits; the runner's own `env` is laid over it. */
  environment: NodeJS.ProcessEnv;
}

/** An event without its time. */
type Happening = ProcessEvent extends infer Event ? (Event extends ProcessEvent ? Omit<Event, "nowMs"> : never) : never;

export function createProcessRunner(settings: ProcessRunnerSettings, dependencies: ProcessRunnerDependencies): Runner {
  const { log, onChange } = dependencies;
  const { id, startTimeoutMs, stopTimeoutMs } = settings;
  const secrets = secretsOf({ ...dependencies.environment, ...settings.env });
  const lines = createLogLines(createSecretMask([settings.apiKey, ...secrets]));

  let state = initialProcessState;
  let phaseTimer: NodeJS.Timeout | undefined;
  let port = settings.port;
  let launching: Promise<void> | undefined;
  let server: ServerProcess | undefined;
  let traffic: Runner | undefined;
  /** What it served when it was last asked: a client is told that a model is away, not that there is none. */
  let lastServed: Pick<RunnerStatus, "engine" | "engineVersion" | "models" | "slots"> = {
    // Until it has answered, its program's name is the best that is known.
    engine: settings.engine ?? basename(settings.command[0] ?? ""),
    models: [],
    slots: settings.slots ?? 0,
  };
  let stopped: () => void;
  const isStopped = new Promise<void>((resolve) => {
    stopped = resolve;
  });

  function happen(happening: Happening): void {
    const before = state.phase;
    const decision = decideProcess(state, { ...happening, nowMs: performance.now() });
    state = decision.state;
    if (decision.effect === "launch") launching = launch();
    if (decision.effect === "end") void end();
    if (state.phase !== before) changePhase(before);
  }

  function changePhase(from: ProcessPhase): void {
    clearTimeout(phaseTimer);
    const limitMs = phaseLimitMs(state, startTimeoutMs);
    if (limitMs !== undefined) phaseTimer = setTimeout(timeUp, limitMs);
    log.info({ from, to: state.phase, port, reason: state.problem }, "the server changed its phase");
    if (state.phase === "stopped") stopped();
    onChange();
  }

  function timeUp(): void {
    const probe = traffic?.status().reason ?? "no answer";
    const seconds = Math.round(startTimeoutMs / 1_000);
    const problem =
      state.phase === "silent"
        ? `it ran and did not answer for too long (${probe})`
        : `it did not become healthy within ${seconds} s on port ${port} (${probe})`;
    happen({ type: "timeUp", problem });
  }

  /** Ends in `launched` or `launchFailed`. */
  async function launch(): Promise<void> {
    let started: ServerProcess;
    try {
      started = await startServer();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // Once, or it would push out what the last process said.
      if (problem !== state.problem) lines.note(`tera: not started: ${problem}`);
      return happen({ type: "launchFailed", problem });
    }
    const startedAtMs = performance.now();
    server = started;
    traffic = attach();
    happen({ type: "launched" });
    void started.exited.then((how) => {
      const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
      lines.note(`tera: process ${started.pid} ended after ${seconds} s: ${how}`);
      happen({ type: "exited", problem: `it ended after ${seconds} s: ${how}` });
    });
  }

  /** @throws with why there is no process, in words for the operator. */
  async function startServer(): Promise<ServerProcess> {
    const chosen = settings.port ?? (await findFreePort(host));
    port = chosen;
    const words = settings.command.map((word) => fillPlaceholders(word, { host, port: chosen }));
    const environment = environmentFor(chosen);
    const { workingDirectory } = settings;
    const problem = await programProblem(words[0] ?? "", workingDirectory, environment["PATH"] ?? "");
    if (problem !== undefined) throw new Error(problem);
    if (await isPortTaken(host, chosen)) throw new Error(`port ${chosen} is in use by another process`);
    lines.begin(`tera: ${words[0]} is started on port ${chosen}`);
    return startServerProcess({ words, environment, workingDirectory, stopTimeoutMs }, lines);
  }

  /** Traffic for the process that was just started. */
  function attach(): Runner {
    const { kind, command, env, workingDirectory, gpus, port: _, startTimeoutMs, stopTimeoutMs, ...rest } = settings;
    const runner = createHttpRunner(
      { ...rest, kind: "http", url: `http://${host}:${port}` },
      { log, onChange: () => hear(runner), onCounted: dependencies.onCounted },
    );
    runner.start();
    return runner;
  }

  function hear(runner: Runner): void {
    if (runner !== traffic) return;
    const { state: probed, engine, engineVersion, models, slots } = runner.status();
    if (probed === "ready") lastServed = { engine, engineVersion, models, slots };
    const before = state.phase;
    happen({ type: probed === "ready" && !runner.isLate?.() ? "healthy" : "silent" });
    // Other models, say: gateways should hear of it. While it starts, the reason changes with every beat anyway.
    if (state.phase === before && (state.phase === "serving" || state.phase === "silent")) onChange();
  }

  /** What takes requests: a server that answers, or is merely late. */
  function taking(): Runner | undefined {
    if (state.phase === "serving") return traffic;
    return state.phase === "silent" && traffic?.status().state === "ready" ? traffic : undefined;
  }

  async function end(): Promise<void> {
    await launching;
    const [ending, runner] = [server, traffic];
    server = undefined;
    traffic = undefined;
    await runner?.stop();
    const isGone = await ending?.end();
    if (isGone === false) log.error({ pid: ending?.pid }, "a process of the server could not be killed");
    happen({ type: "ended" });
  }

  function environmentFor(chosen: number): NodeJS.ProcessEnv {
    const own = Object.entries(settings.env).map(([name, value]) => [
      name,
      fillPlaceholders(value, { host, port: chosen }),
    ]);
    return {
      ...dependencies.environment,
      PORT: String(chosen),
      // Python holds its output back when nobody watches: its last words would be lost with it.
      PYTHONUNBUFFERED: "1",
      // By default CUDA counts the fastest GPU first, and nvidia-smi does not: the numbers must mean the same.
      ...(settings.gpus === undefined
        ? {}
        : { CUDA_VISIBLE_DEVICES: settings.gpus.join(","), CUDA_DEVICE_ORDER: "PCI_BUS_ID" }),
      ...Object.fromEntries(own),
    };
  }

  return {
    id,
    status() {
      const address = port === undefined ? {} : { address: `${host}:${port}` };
      const serving = taking();
      if (serving !== undefined) return { ...serving.status(), id, kind: "process", ...address };
      const reason = describeProcess(state, {
        runnerId: id,
        nowMs: performance.now(),
        port,
        startTimeoutMs,
        probeProblem: traffic?.status().reason,
        lastLines: lines.last(3),
      });
      return {
        id,
        kind: "process",
        ...lastServed,
        ...address,
        state: runnerStateOf(state.phase),
        ...(reason === undefined ? {} : { reason }),
        busy: 0,
      };
    },
    start: () => happen({ type: "start" }),
    canaryModel: () => taking()?.canaryModel(),
    lineGuard: () => taking()?.lineGuard?.(),
    isLate: () => taking()?.isLate?.() ?? false,
    logLines: () => lines.all(),
    async generate(task, sink) {
      if (task.signal.aborted) return emptyUsage("counted");
      const serving = taking();
      if (serving === undefined) {
        throw new TeraError("runner_failed", "The model's engine failed. Try again.", {
          detail: `the server's process is ${state.phase}`,
        });
      }
      return serving.generate(task, sink);
    },
    stop() {
      happen({ type: "stop" });
      return isStopped;
    },
  };
}

function runnerStateOf(phase: ProcessPhase): RunnerState {
  switch (phase) {
    case "idle":
    case "launching":
    case "starting":
      return "starting";
    case "serving":
      return "ready";
    case "silent":
    case "ending":
    case "pausing":
      return "unhealthy";
    case "stopping":
    case "stopped":
      return "stopped";
  }
}
