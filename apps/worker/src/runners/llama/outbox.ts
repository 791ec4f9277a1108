/**
 * Engine side: gathers what all tasks bring forth in one turn of the event loop into one IPC message.
 *
 * Bounded: while the worker does not take what was sent, tasks wait in `whenClear`.
 */
import type { Delta, Usage } from "@tera/protocol";
import type { FromEngine, TaskError, TaskTurn } from "./messages.ts";

/** Messages that may be under way before generation waits. */
const messagesInFlightMax = 32;

export interface Outbox {
  /** Hot path: called per delta. `usage` is read when the turn ends. */
  delta(taskId: number, delta: Delta, usage: Usage): void;
  /** The counts have changed though there is nothing to say. */
  progress(taskId: number, usage: Usage): void;
  end(taskId: number, usage: Usage, error?: TaskError): void;
  /** At once, in order with the rest. */
  send(message: FromEngine): void;
  /** Undefined when there is no need to wait. */
  whenClear(): Promise<void> | undefined;
}

/** @param transmit sends over IPC and calls back when the message has left this process. */
export function createOutbox(transmit: (message: FromEngine, sent: () => void) => void): Outbox {
  let turn = new Map<number, TaskTurn>();
  let scheduled = false;
  let inFlight = 0;
  let waiting: (() => void)[] = [];

  function turnOf(taskId: number, usage: Usage): TaskTurn {
    let task = turn.get(taskId);
    if (task === undefined) {
      task = { taskId, deltas: [], usage };
      turn.set(taskId, task);
    }
    if (!scheduled) {
      scheduled = true;
      setImmediate(flush);
    }
    return task;
  }

  function flush(): void {
    scheduled = false;
    if (turn.size === 0) return;
    const tasks = [...turn.values()];
    turn = new Map();
    transmitCounted({ type: "turn", tasks });
  }

  function transmitCounted(message: FromEngine): void {
    inFlight++;
    transmit(message, () => {
      inFlight--;
      if (inFlight >= messagesInFlightMax) return;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    });
  }

  return {
    delta(taskId, delta, usage) {
      turnOf(taskId, usage).deltas.push(delta);
    },
    progress(taskId, usage) {
      turnOf(taskId, usage);
    },
    end(taskId, usage, error) {
      turnOf(taskId, usage).end = { error };
    },
    send(message) {
      flush();
      transmitCounted(message);
    },
    whenClear() {
      if (inFlight < messagesInFlightMax) return undefined;
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
