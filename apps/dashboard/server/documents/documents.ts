/**
 * Invoices and statements as files, made in a thread of its own: a PDF takes a third of a second where it is short and seconds where it has thousands of lines, and nobody else is
 * answered meanwhile. So many at once, whoever comes then is asked to come back.
 *
 * The thread is started by the first document, and anew by the next one when it has ended: out of memory, or because it took too long.
 */
import { Worker } from "node:worker_threads";
import { AdminError, notFound } from "../errors.ts";
import { createTurnstile } from "../turnstile.ts";
import type { DocumentAnswer, DocumentTask, NumberedAnswer, NumberedTask } from "./document-task.ts";

export interface Documents {
  /** @throws {AdminError} `not_found`, `conflict`, `unavailable`, `too_many_requests` */
  make(task: DocumentTask): Promise<Uint8Array>;
  /** What is being made is given up. */
  close(): Promise<void>;
}

export interface DocumentThreadData {
  databaseUrl: string;
  connectionsMax: number;
  statementTimeoutMs: number;
}

const atOnceMax = 2;
const memoryMaxMb = 1_024;
/** Of each statement, and of a document in all: a month's usage is added up. */
const statementTimeoutMs = 240_000;
const documentTimeoutMs = 300_000;

interface Waiting {
  resolve(answer: DocumentAnswer): void;
  reject(error: Error): void;
}

export function createDocuments({ databaseUrl }: { databaseUrl: string }): Documents {
  const turnstile = createTurnstile({ atOnceMax, what: "Documents" });
  let thread: Worker | undefined;
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  function start(): Worker {
    const workerData: DocumentThreadData = { databaseUrl, connectionsMax: atOnceMax, statementTimeoutMs };
    const started = new Worker(new URL("./document-thread.ts", import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb },
    });
    // It keeps nobody from ending.
    started.unref();
    started.on("message", ({ id, answer }: NumberedAnswer) => {
      waiting.get(id)?.resolve(answer);
      waiting.delete(id);
    });
    let cause: unknown;
    started.on("error", (error) => {
      cause = error;
    });
    started.on("exit", () => {
      if (thread === started) thread = undefined;
      for (const { reject } of waiting.values()) reject(new Error("the thread of documents has ended", { cause }));
      waiting.clear();
    });
    return started;
  }

  async function ask(task: DocumentTask): Promise<DocumentAnswer> {
    thread ??= start();
    const asked = thread;
    const numbered: NumberedTask = { id: ++lastId, task };
    const timer = setTimeout(() => void asked.terminate(), documentTimeoutMs);
    try {
      return await new Promise<DocumentAnswer>((resolve, reject) => {
        waiting.set(numbered.id, { resolve, reject });
        asked.postMessage(numbered);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async make(task) {
      const answer = await turnstile(() => ask(task));
      switch (answer.outcome) {
        case "made":
          return answer.content;
        case "unknown":
          throw notFound(task.kind);
        case "refused":
          throw new AdminError("conflict", `There is no such ${task.kind}. ${answer.reason}`);
        case "unavailable":
          throw new AdminError("unavailable", "The database does not answer. Try again in a moment.", {
            cause: answer.reason,
          });
        case "failed":
          throw new Error("a document could not be made", { cause: answer.error });
      }
    },
    async close() {
      await thread?.terminate();
    },
  };
}
