/**
 * The engine process: llama.cpp apart from the worker, so that a crash in native code costs this process and nothing else.
 *
 * It lives as long as its IPC channel: when the worker is gone it is gone, whatever it was doing.
 */
import { emptyUsage, TeraError } from "@tera/protocol";
import { type Engine, loadEngine } from "./engine.ts";
import { type FromEngine, type LoadMessage, parseToEngine, type TaskError } from "./messages.ts";
import { createOutbox } from "./outbox.ts";
import { runTask, type Task } from "./run-task.ts";

const outbox = createOutbox((message: FromEngine, sent) => {
  process.send?.(message, sent);
});
const running = new Map<number, AbortController>();
let engine: Engine | undefined;

async function load(settings: LoadMessage): Promise<void> {
  try {
    engine = await loadEngine(settings, {
      onProgress: (reason) => outbox.send({ type: "loading", reason }),
      onLog: (level, message) => outbox.send({ type: "log", level, message }),
    });
    outbox.send({ type: "ready", model: engine.description });
  } catch (error) {
    outbox.send({ type: "loadFailed", reason: error instanceof Error ? error.message : String(error) });
  }
}

async function generate(loaded: Engine, task: Task): Promise<void> {
  const usage = emptyUsage("engine");
  try {
    await runTask(loaded, task, usage, outbox);
    outbox.end(task.taskId, usage);
  } catch (error) {
    outbox.end(task.taskId, usage, toTaskError(error));
  } finally {
    running.delete(task.taskId);
  }
}

function toTaskError(error: unknown): TaskError {
  if (error instanceof TeraError) {
    const { code, message, param, detail, retryable } = error;
    return { code, message, param, detail, retryable };
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "runner_failed", message: "The model's engine failed. Try again.", detail, retryable: true };
}

/** Kills, because a normal exit would wait for native threads that may be in the middle of a long batch. */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

/** A terminal's or a service manager's signal goes to all processes of a group. The worker decides when this one ends. */
const leaveToWorker = () => undefined;

process.on("SIGINT", leaveToWorker);
process.on("SIGTERM", leaveToWorker);
process.on("disconnect", end);
process.on("message", (value) => {
  const message = parseToEngine(value);
  switch (message.type) {
    case "load":
      void load(message);
      break;
    case "generate": {
      if (engine === undefined) throw new Error("a task came before the model was loaded");
      const abort = new AbortController();
      running.set(message.taskId, abort);
      void generate(engine, { taskId: message.taskId, request: message.request, signal: abort.signal });
      break;
    }
    case "cancel":
      running.get(message.taskId)?.abort();
      break;
  }
});
