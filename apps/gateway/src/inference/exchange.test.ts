/** What a request is charged when the worker cannot say how it ended: what it has told until then; and when it is not tried again. */
import { emptyUsage, type Frame, type GenerationRequest, type Usage, type UsageRecord } from "@tera/protocol";
import { newPrincipal } from "@tera/testkit/principal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createExchanges, type Exchanges } from "./exchange.ts";

const principal = newPrincipal();
const chat: GenerationRequest = {
  kind: "chat",
  model: "m",
  messages: [{ role: "user", content: "hi" }],
  n: 1,
  sampling: {},
};
const speech: GenerationRequest = { kind: "speech", model: "m", input: "Łódź", format: "pcm" };
const prompt: Usage = { ...emptyUsage("engine"), promptTokens: 5 };

let settled: UsageRecord[];
let submitted: number;
let isWorkerLost: boolean;
let wasSilent: boolean;
let exchanges: Exchanges;

beforeEach(() => {
  vi.useFakeTimers();
  [settled, submitted, isWorkerLost, wasSilent] = [[], 0, false, false];
  exchanges = createExchanges({
    gatewayId: "g",
    dispatcher: {
      submit() {
        submitted++;
        return { sent: true, withdraw: () => undefined, done: () => undefined };
      },
      pump: () => undefined,
      waiting: 0,
    },
    deadlines,
    batchDeadlines: deadlines,
    roster: { isLost: () => isWorkerLost, isAway: () => false, findWorker: () => undefined },
    retryBudget: { deposit: () => undefined, withdraw: () => true },
    presence: { wasSilentSince: () => wasSilent },
    sealer: { seal: () => "" },
    cancelAttempt: () => undefined,
    settle: (record) => void settled.push(record),
  });
});
afterEach(() => {
  exchanges.stop();
  vi.useRealTimers();
});

/** A stream that a worker has accepted. @returns what makes the worker say more, and what makes the client leave. */
const deadlines = { queueWaitMs: 60_000, firstTokenMs: 60_000, betweenTokensMs: 60_000, totalMs: 60_000 };

function open(request: GenerationRequest = chat) {
  const admission = {
    principal,
    lane: "normal" as const,
    request,
    billing: { holds: [] },
    admittedAtMs: Date.now(),
    release: () => undefined,
  };
  const sink = {
    deltas: () => true,
    end: () => undefined,
    restart: () => undefined,
    error: () => undefined,
    keepAlive: () => undefined,
  };
  const exchange = exchanges.open("req_1", admission, true, sink);
  let seq = 0;
  const head = () => ({ requestId: "req_1", attempt: 1, seq: seq++ });
  const hear = (frame: Frame) => exchanges.onFrames([frame]);
  hear({ type: "accepted", ...head(), workerId: "w", runnerId: "r" });
  return {
    leave: exchange.clientGone,
    says: (texts: readonly string[], usage?: Usage) =>
      hear({
        type: "delta",
        ...head(),
        deltas: texts.map((content) => ({ index: 0, content })),
        ...(usage === undefined ? {} : { usage }),
      }),
    sounds: () => hear({ type: "delta", ...head(), deltas: [{ index: 0, audio: "AAAA" }] }),
    fails: () => {
      const error = { code: "runner_failed", message: "", retryable: true } as const;
      hear({ type: "fail", ...head(), ...error, usage: prompt });
    },
    ends: (usage: Usage) => hear({ type: "end", ...head(), usage }),
  };
}

function loseWorker(): void {
  isWorkerLost = true;
  vi.advanceTimersByTime(200);
}

test("the client left and the worker died: the prompt and all tokens that the engine has counted until then", () => {
  const worker = open();
  worker.says([], prompt);
  worker.says(["a", "b"]);
  // Two of its tokens had no text.
  worker.says(["c"], { ...prompt, completionTokens: 5 });
  worker.says(["d"]);
  worker.leave();
  loseWorker();
  expect(settled).toMatchObject([
    { status: "cancelled", usage: { promptTokens: 5, completionTokens: 6, source: "engine" } },
  ]);
});

test("what the worker told after the client had left counts too, where its last word never comes", () => {
  const worker = open();
  worker.says(["a"], { ...prompt, completionTokens: 1 });
  worker.leave();
  worker.says(["b"]);
  vi.advanceTimersByTime(5_000);
  expect(settled).toMatchObject([{ status: "cancelled", usage: { promptTokens: 5, completionTokens: 2 } }]);
});

test("a prompt that was read is charged though nothing was generated; what nobody has heard of is not", () => {
  const read = open();
  read.says([], prompt);
  read.leave();
  loseWorker();
  isWorkerLost = false;
  const unheard = open();
  unheard.leave();
  loseWorker();
  expect(settled.map(({ usage }) => [usage.promptTokens, usage.completionTokens])).toEqual([
    [5, 0],
    [0, 0],
  ]);
});

test("the worker's last word is preferred to what it told before", () => {
  const worker = open();
  worker.says(["a"], { ...prompt, completionTokens: 1 });
  worker.leave();
  worker.ends({ ...prompt, completionTokens: 9 });
  expect(settled).toMatchObject([{ status: "cancelled", usage: { completionTokens: 9 } }]);
});

test("speech of which there was sound is charged whole", () => {
  const worker = open(speech);
  worker.sounds();
  worker.leave();
  loseWorker();
  expect(settled).toMatchObject([{ usage: { speechCharacters: 4, completionTokens: 0 } }]);
});

test("what failed by our fault is on record with what was told, as failed", () => {
  const worker = open();
  worker.says(["a"], { ...prompt, completionTokens: 1 });
  loseWorker();
  expect(settled).toMatchObject([{ status: "failed", usage: { promptTokens: 5, completionTokens: 1 } }]);
});

test("what was lost is tried again, but not after others may have taken this gateway for dead and settled it", () => {
  open();
  loseWorker();
  expect(submitted).toBe(2);
  isWorkerLost = false;

  open();
  wasSilent = true;
  loseWorker();
  expect(submitted).toBe(3);
  expect(settled).toMatchObject([{ status: "failed", errorCode: "worker_lost" }]);
});

test("an attempt that failed has left no copy that others could settle: it is made again, however long this gateway stood still", () => {
  const worker = open();
  wasSilent = true;
  worker.fails();
  expect(submitted).toBe(2);
  expect(settled).toEqual([]);
});
