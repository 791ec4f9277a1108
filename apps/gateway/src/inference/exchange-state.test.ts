import { emptyUsage, TeraError } from "@tera/protocol";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  attemptsMax,
  decide,
  type ExchangeEvent,
  type ExchangeState,
  failedReplicas,
  initialState,
} from "./exchange-state.ts";

const usage = emptyUsage("engine");
const healable = new TeraError("runner_failed", "failed");
const clientsFault = new TeraError("invalid_request", "bad");
const always = () => true;
const accepted: ExchangeEvent = { type: "accepted", workerId: "w", runnerId: "r" };

/** Runs events in order; the effects of the last one, and the state after it. */
function run(...events: ExchangeEvent[]) {
  let state: ExchangeState = initialState;
  let effects: ReturnType<typeof decide>["effects"] = [];
  for (const event of events) ({ state, effects } = decide(state, event, always));
  return { state, effects, kinds: effects.map((effect) => effect.type) };
}

describe("the exchange's decisions", () => {
  it("answers and settles once at the end", () => {
    const { state, kinds } = run(accepted, { type: "firstDelta", sent: true }, { type: "end", usage });
    expect(state.phase).toBe("finished");
    expect(kinds).toEqual(["answerEnd", "settle"]);
  });

  it("tries again elsewhere while nothing was sent, and avoids the runner that failed", () => {
    const { state, kinds } = run(accepted, { type: "fail", error: healable });
    expect(state).toMatchObject({ phase: "queued", attempt: 2, workerId: undefined });
    expect(failedReplicas(state)).toEqual(["w/r"]);
    expect(kinds).toEqual(["enqueue"]);
  });

  it("gives up after the last attempt, with the error", () => {
    const fail: ExchangeEvent = { type: "fail", error: healable };
    const { state, kinds } = run(accepted, fail, accepted, fail, accepted, fail);
    expect(state).toMatchObject({ phase: "failed", attempt: attemptsMax });
    expect(kinds).toEqual(["answerError", "settle"]);
  });

  it("gives up at once when the retry budget is spent", () => {
    const { state } = run(accepted);
    const { effects } = decide(state, { type: "fail", error: healable }, () => false);
    expect(effects[0]).toEqual({ type: "answerError", error: healable });
  });

  it("asks the retry budget only when another attempt is possible", () => {
    const asked = vi.fn(() => true);
    const { state: sent } = run(accepted, { type: "firstDelta", sent: true });
    decide(sent, { type: "fail", error: healable }, asked);
    decide(run(accepted).state, { type: "fail", error: clientsFault }, asked);
    expect(asked).not.toHaveBeenCalled();
  });

  it("keeps which attempts failed where and why, the last one too, and counts those that a worker had", () => {
    const elsewhere: ExchangeEvent = { type: "accepted", workerId: "w2", runnerId: "r2" };
    const slow: ExchangeEvent = { type: "deadline", deadline: "firstToken" };
    const { state } = run(accepted, { type: "fail", error: healable }, elsewhere, slow, {
      type: "deadline",
      deadline: "queueWait",
    });
    expect(state.failedAttempts).toEqual([
      { attempt: 1, workerId: "w", runnerId: "r", code: "runner_failed" },
      { attempt: 2, workerId: "w2", runnerId: "r2", code: "first_token_timeout" },
    ]);
    expect(state).toMatchObject({ attempt: 3, attemptsAccepted: 2, phase: "failed" });
  });

  it("tells a worker whose runner let a deadline pass that it was too slow", () => {
    const { effects } = run(accepted, { type: "deadline", deadline: "firstToken" });
    expect(effects[0]).toMatchObject({ type: "cancelAttempt", reason: "deadline" });
    expect(run(accepted, { type: "clientGone" }).effects[0]).toMatchObject({ reason: "client" });
  });

  it("turns to another worker when the one that it waits for is gone", () => {
    const { state, kinds } = run(accepted, { type: "fail", error: healable }, { type: "lost", error: healable });
    expect(state).toMatchObject({ phase: "queued", attempt: 3 });
    expect(kinds).toEqual(["withdraw", "enqueue"]);
  });

  it("does not try again once something was sent", () => {
    const { state, kinds } = run(accepted, { type: "firstDelta", sent: true }, { type: "fail", error: healable });
    expect(state.phase).toBe("failed");
    expect(kinds).toEqual(["answerError", "settle"]);
  });

  it("tries a whole answer again although its deltas had begun to come", () => {
    const { state, kinds } = run(accepted, { type: "firstDelta", sent: false }, { type: "lost", error: healable });
    expect(state).toMatchObject({ phase: "queued", attempt: 2 });
    expect(kinds).toEqual(["cancelAttempt", "enqueue"]);
  });

  it("does not try again what the client did wrong", () => {
    const { effects } = run(accepted, { type: "fail", error: clientsFault });
    expect(effects[0]).toEqual({ type: "answerError", error: clientsFault });
  });

  it("stops the worker of a lost attempt before it tries again", () => {
    const { kinds } = run(accepted, { type: "lost", error: healable });
    expect(kinds).toEqual(["cancelAttempt", "enqueue"]);
  });

  it("withdraws a waiting request whose client left, and charges nothing", () => {
    const { kinds, effects } = run({ type: "clientGone" });
    expect(kinds).toEqual(["withdraw", "settle"]);
    expect(effects[1]).toMatchObject({ status: "cancelled", usage: undefined });
  });

  it("cancels a running request whose client left, and charges the worker's last count", () => {
    expect(run(accepted, { type: "clientGone" }).kinds).toEqual(["cancelAttempt"]);
    const { effects } = run(accepted, { type: "clientGone" }, { type: "end", usage });
    expect(effects).toEqual([{ type: "settle", status: "cancelled", usage, error: undefined }]);
  });

  it("ends a waiting request of a revoked key with the error, charges nothing, and lets one that runs go on", () => {
    const revoked: ExchangeEvent = { type: "revoked", error: clientsFault, runningToo: false };
    const { state, effects } = run(revoked);
    expect(state.phase).toBe("failed");
    expect(effects).toEqual([
      { type: "withdraw" },
      { type: "answerError", error: clientsFault },
      { type: "settle", status: "failed", usage: undefined, error: clientsFault },
    ]);
    const running = run(accepted, revoked);
    expect(running.state.phase).toBe("accepted");
    expect(running.effects).toEqual([]);
  });

  it("ends a running request of a revoked key where that is asked for, and charges the worker's last count", () => {
    const revoked: ExchangeEvent = { type: "revoked", error: clientsFault, runningToo: true };
    for (const before of [[accepted], [accepted, { type: "firstDelta", sent: true }]] satisfies ExchangeEvent[][]) {
      expect(run(...before, revoked).kinds).toEqual(["cancelAttempt", "answerError"]);
      const { effects } = run(...before, revoked, { type: "clientGone" }, { type: "end", usage });
      expect(effects).toEqual([{ type: "settle", status: "cancelled", usage, error: clientsFault }]);
    }
  });

  it("charges a stream that is cut because it took too long for what was read; a whole answer was not", () => {
    const tooLong: ExchangeEvent = { type: "deadline", deadline: "total" };
    const streamed = [accepted, { type: "firstDelta", sent: true }, tooLong] satisfies ExchangeEvent[];
    expect(run(...streamed).kinds).toEqual(["cancelAttempt", "answerError"]);
    const { effects } = run(...streamed, { type: "end", usage });
    const error = expect.objectContaining({ code: "total_timeout" });
    expect(effects).toEqual([{ type: "settle", status: "cancelled", usage, error }]);
    expect(run(accepted, { type: "firstDelta", sent: false }, tooLong).effects.at(-1)).toMatchObject({
      type: "settle",
      status: "failed",
    });
  });

  it("takes a client that leaves after the end for served", () => {
    const { state, effects } = run(
      accepted,
      { type: "firstDelta", sent: true },
      { type: "end", usage },
      { type: "clientGone" },
    );
    expect(state.phase).toBe("finished");
    expect(effects).toEqual([]);
  });

  it("settles exactly once and answers at most once, whatever happens in whatever order", () => {
    const event = fc.constantFrom<ExchangeEvent>(
      accepted,
      { type: "firstDelta", sent: true },
      { type: "firstDelta", sent: false },
      { type: "end", usage },
      { type: "fail", error: healable },
      { type: "fail", error: clientsFault },
      { type: "lost", error: healable },
      { type: "refused", error: healable },
      { type: "clientGone" },
      { type: "revoked", error: clientsFault, runningToo: false },
      { type: "revoked", error: clientsFault, runningToo: true },
      { type: "deadline", deadline: "queueWait" },
      { type: "deadline", deadline: "firstToken" },
      { type: "deadline", deadline: "total" },
      { type: "deadline", deadline: "cancelledUsage" },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state: ExchangeState = initialState;
        const kinds: string[] = [];
        for (const next of [
          ...events,
          { type: "clientGone" },
          { type: "deadline", deadline: "cancelledUsage" },
        ] as ExchangeEvent[]) {
          const decision = decide(state, next, always);
          state = decision.state;
          kinds.push(...decision.effects.map((effect) => effect.type));
        }
        expect(kinds.filter((kind) => kind === "settle")).toHaveLength(1);
        expect(kinds.filter((kind) => kind.startsWith("answer")).length).toBeLessThanOrEqual(1);
        expect(state.attempt).toBeLessThanOrEqual(attemptsMax);
      }),
      { numRuns: 2_000 },
    );
  });
});
