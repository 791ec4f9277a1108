/**
 * Puts jobs on the lanes, few at a time: as many as the ready slots of the model and a small reserve. The rest waits here, in order of arrival,
 * where it costs Redis nothing and can be cancelled for nothing.
 */
import { type Job, TeraError } from "@tera/protocol";
import type { Lane, LaneEntry } from "@tera/queue";
import type { Roster } from "./roster.ts";

/** Jobs on a lane beyond the free slots: the next one is there before a worker has told us that it is free. */
const reserve = 4;
/** The jobs of a model that wait for one another: live ones, or lines of batches. */
const queueNameOf = ({ laneClass, request }: Job) => `${laneClass === "batch" ? "batch" : "live"} ${request.model}`;

/** One job's way through the queue. */
export interface Ticket {
  /** On a lane, or with a worker. */
  readonly sent: boolean;
  /** Takes it back, from wherever it waits. */
  withdraw(): void;
  /** The attempt has ended, or was given up: its place is free. Idempotent. */
  done(): void;
}

export interface Dispatcher {
  /**
   * @param onRefused Redis did not take it.
   * @param workerId the one worker that it goes to, at once: it has waited before.
   */
  submit(job: Job, onRefused: (error: TeraError) => void, workerId?: string): Ticket;
  /** There may be more slots now. */
  pump(): void;
  /** Jobs that wait in this gateway. */
  readonly waiting: number;
}

interface Waiting {
  send(): void;
}

interface ModelQueue {
  readonly model: string;
  waiting: Set<Waiting>;
  /** Sent and not yet done. */
  outstanding: number;
}

export function createDispatcher({ lane, roster }: { lane: Lane; roster: Pick<Roster, "find"> }): Dispatcher {
  const queues = new Map<string, ModelQueue>();
  let waiting = 0;

  function queueOf(job: Job): ModelQueue {
    const name = queueNameOf(job);
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = { model: job.request.model, waiting: new Set(), outstanding: 0 };
      queues.set(name, queue);
    }
    return queue;
  }

  function pumpQueue(name: string, queue: ModelQueue): void {
    const slots = roster.find(queue.model)?.readySlots ?? 0;
    for (const next of queue.waiting) {
      if (slots === 0 || queue.outstanding >= slots + reserve) break;
      queue.waiting.delete(next);
      waiting--;
      next.send();
    }
    if (queue.waiting.size === 0 && queue.outstanding === 0) queues.delete(name);
  }

  return {
    submit(job, onRefused, workerId) {
      const name = queueNameOf(job);
      const queue = queueOf(job);
      let state: "waiting" | "sent" | "done" = "waiting";
      let entry: Promise<LaneEntry | undefined> = Promise.resolve(undefined);

      const item: Waiting = {
        send() {
          state = "sent";
          queue.outstanding++;
          entry = lane.enqueue(job, workerId).catch((cause: unknown) => {
            onRefused(
              new TeraError("queue_unavailable", "The service cannot take requests right now. Try again shortly.", {
                retryAfterS: 2,
                cause,
                detail: String(cause),
              }),
            );
            return undefined;
          });
        },
      };

      function done(): void {
        if (state === "done") return;
        if (state === "waiting") {
          if (queue.waiting.delete(item)) waiting--;
        } else {
          queue.outstanding--;
        }
        state = "done";
        pumpQueue(name, queue);
      }

      if (workerId !== undefined) {
        item.send();
      } else {
        queue.waiting.add(item);
        waiting++;
        pumpQueue(name, queue);
      }
      return {
        get sent() {
          return state === "sent";
        },
        done,
        withdraw() {
          if (state === "sent") {
            // Redis away: the job expires on its lane, and the worker that finds it is told to stop.
            entry.then((at) => (at === undefined ? undefined : lane.withdraw(at))).catch(() => undefined);
          }
          done();
        },
      };
    },
    pump() {
      for (const [name, queue] of queues) pumpQueue(name, queue);
    },
    get waiting() {
      return waiting;
    },
  };
}
