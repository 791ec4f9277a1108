/**
 * The `llama` runner: a GGUF model on llama.cpp, in a process of its own.
 *
 * starting: the process loads the model (or first downloads it). ready: it generates. unhealthy: the process ended, or could not load; it
 * is started anew after a while, which doubles each time. stopped: `stop` was called.
 */
import { emptyUsage, isErrorCode, type RunnerStatus, type ServedModel, TeraError, type Usage } from "@tera/protocol";
import type { LlamaRunnerSettings } from "../../worker-file.ts";
import type { DeltaSink, GenerationTask, Runner, RunnerDependencies } from "../runner.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";
import type { FromEngine, TaskError, TaskTurn } from "./messages.ts";

const restartFirstMs = 250;
const restartMaxMs = 30_000;
/** Ready for this long, and the next restart is a first one again. */
const stableAfterMs = 60_000;
/** A cancelled task that the engine has not ended by then is given up; the slot may follow a little later. */
const cancelAnswerMs = 900;
/** An engine that has not ended a cancelled task by then hangs, and is killed. */
const cancelHangMs = 60_000;

export interface LlamaRunnerDependencies extends RunnerDependencies {
  /** Where downloaded models are kept. */
  modelsDir: string;
}

interface OpenTask {
  sink: DeltaSink;
  onUsage: GenerationTask["onUsage"];
  usage: Usage;
  resolve(usage: Usage): void;
  reject(error: TeraError): void;
}

export function createLlamaRunner(settings: LlamaRunnerSettings, dependencies: LlamaRunnerDependencies): Runner {
  const { log, onChange, modelsDir } = dependencies;
  const { id } = settings;
  let state: RunnerStatus["state"] = "starting";
  let reason: string | undefined = "not started";
  let model = unloadedModel(settings.name);
  let engine: EngineProcess | undefined;
  /** Of the newest process, also when that has ended. */
  let lastLines: readonly string[] = [];
  let failures = 0;
  let readySinceMs: number | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let nextTaskId = 1;
  const open = new Map<number, OpenTask>();
  /** Given up by us, not yet ended by the engine: each with the timer that takes the engine for hung. */
  const unended = new Map<number, NodeJS.Timeout>();

  function enter(newState: RunnerStatus["state"], newReason?: string): void {
    if (state === "stopped") return;
    state = newState;
    reason = newReason;
    onChange();
  }

  function launch(): void {
    if (state === "stopped") return;
    const process = startEngineProcess({
      onMessage: (message) => hear(message),
      onExit: (how) => recover(how),
    });
    engine = process;
    lastLines = process.lastLines;
    log.info({ pid: process.pid }, "the engine process has started");
    const { model: file, name, slots, contextLength, gpu } = settings;
    process.send({ type: "load", model: file, name, slots, contextLength, gpu, modelsDir });
  }

  function hear(message: FromEngine): void {
    switch (message.type) {
      case "turn":
        for (const turn of message.tasks) takeTurn(turn);
        break;
      case "loading":
        log.info({}, message.reason);
        enter("starting", message.reason);
        break;
      case "ready":
        model = message.model;
        readySinceMs = Date.now();
        log.info({ model: model.id, contextLength: model.contextLength }, "the model is ready");
        enter("ready");
        break;
      case "loadFailed":
        log.error({ reason: message.reason }, "the model cannot be loaded");
        enter("unhealthy", message.reason);
        void engine?.kill();
        break;
      case "log":
        log[message.level]({ engine: "llama.cpp" }, message.message);
        break;
    }
  }

  function takeTurn({ taskId, deltas, usage, end }: TaskTurn): void {
    const task = open.get(taskId);
    if (task !== undefined) {
      task.usage = usage;
      for (const delta of deltas) task.sink(delta);
      task.onUsage?.(usage);
    }
    if (end === undefined) return;
    clearTimeout(unended.get(taskId));
    unended.delete(taskId);
    open.delete(taskId);
    if (end.error === undefined) task?.resolve(usage);
    else task?.reject(toTeraError(end.error));
  }

  function recover(how: string): void {
    engine = undefined;
    const stableMs = readySinceMs === undefined ? 0 : Date.now() - readySinceMs;
    failures = stableMs >= stableAfterMs ? 1 : failures + 1;
    readySinceMs = undefined;
    for (const task of open.values()) task.reject(engineGone(how));
    open.clear();
    for (const timer of unended.values()) clearTimeout(timer);
    unended.clear();
    if (state === "stopped") return;
    const delayMs = Math.min(restartFirstMs * 2 ** (failures - 1), restartMaxMs);
    log.warn({ how, lastLines, delayMs }, "the engine process ended; it is started anew");
    enter("unhealthy", state === "unhealthy" ? reason : `the engine process ended (${how})`);
    restartTimer = setTimeout(launch, delayMs);
  }

  function cancel(taskId: number): void {
    engine?.send({ type: "cancel", taskId });
    unended.set(
      taskId,
      setTimeout(() => {
        log.error({}, "the engine does not end a cancelled task; it is killed");
        void engine?.kill();
      }, cancelHangMs),
    );
  }

  /** Usage of a task that the engine is too busy to end. */
  function giveUp(taskId: number): void {
    const task = open.get(taskId);
    open.delete(taskId);
    task?.resolve({ ...task.usage, source: "counted" });
  }

  async function generate({ request, signal, onUsage }: GenerationTask, sink: DeltaSink): Promise<Usage> {
    if (signal.aborted) return emptyUsage("engine");
    if (state !== "ready" || engine === undefined) throw engineGone(`it is ${state}`);
    const taskId = nextTaskId++;
    const finished = new Promise<Usage>((resolve, reject) => {
      open.set(taskId, { sink, onUsage, usage: emptyUsage("engine"), resolve, reject });
    });
    engine.send({ type: "generate", taskId, request });
    let answerTimer: NodeJS.Timeout | undefined;
    function abort(): void {
      cancel(taskId);
      answerTimer = setTimeout(giveUp, cancelAnswerMs, taskId);
    }
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await finished;
    } finally {
      clearTimeout(answerTimer);
      signal.removeEventListener("abort", abort);
    }
  }

  return {
    id,
    status() {
      return {
        id,
        kind: "llama",
        engine: "llama.cpp",
        state,
        ...(reason === undefined ? {} : { reason }),
        models: [model],
        slots: settings.slots,
        busy: open.size,
      };
    },
    start: launch,
    // Its child is supervised through the pipe, and the model is warm before the child calls itself ready.
    canaryModel: () => undefined,
    logLines: () => lastLines,
    generate,
    async stop() {
      clearTimeout(restartTimer);
      enter("stopped");
      await engine?.kill();
    },
  };
}

/** What is known before the file was read: enough to tell a client that its model is loading. */
function unloadedModel(name: string): ServedModel {
  return {
    id: name,
    created: Math.floor(Date.now() / 1_000),
    ownedBy: "local",
    inputModalities: ["text"],
    outputModalities: ["text"],
    features: [],
    samplingParameters: [],
  };
}

function engineGone(detail: string): TeraError {
  return new TeraError("runner_failed", "The model's engine failed. Try again.", {
    detail: `llama.cpp process: ${detail}`,
  });
}

function toTeraError({ code, message, param, detail, retryable }: TaskError): TeraError {
  return new TeraError(isErrorCode(code) ? code : "runner_failed", message, { param, detail, retryable });
}
