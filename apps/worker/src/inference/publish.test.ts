import {
  countDelta,
  type Delta,
  decodeFrames,
  emptyUsage,
  encodeFrames,
  type Frame,
  type JobLane,
  type Usage,
} from "@tera/protocol";
import type { ReplyPublisher } from "@tera/queue";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createAttemptVoice } from "./publish.ts";

const job = { requestId: "req_1", attempt: 1, gatewayId: "g" };

/** A publisher whose turns end when they are told to, and what a gateway makes of its frames. */
function listen(laneClass: JobLane = "normal") {
  let turn = 0;
  let open: Frame[] = [];
  let heard: Usage = emptyUsage("counted");
  let told = 0;
  const publisher: ReplyPublisher = {
    push: (_gatewayId, frame) => void open.push(frame),
    pushLast: (_gatewayId, frame) => void open.push(frame),
    get turn() {
      return turn;
    },
    drain: async () => undefined,
  };
  return {
    voice: createAttemptVoice({ ...job, laneClass }, publisher),
    /** @returns what the gateway knows now. */
    endTurn(): Usage {
      for (const frame of decodeFrames(encodeFrames(open))) {
        if (frame.type !== "delta") continue;
        for (const delta of frame.deltas) countDelta(heard, delta);
        if (frame.usage !== undefined) {
          heard = frame.usage;
          told++;
        }
      }
      open = [];
      turn++;
      return heard;
    },
    /** The frames that left in this turn. */
    takeFrames(): Frame[] {
      const left = open;
      open = [];
      turn++;
      return left;
    },
    get told() {
      return told;
    },
  };
}

const prompt: Usage = { ...emptyUsage("engine"), promptTokens: 9, cachedTokens: 4 };

test("of an engine that streams token by token the counts are said once", () => {
  const gateway = listen();
  gateway.voice.counted(prompt);
  for (let tokens = 1; tokens <= 20; tokens++) {
    gateway.voice.delta({ index: 0, content: "a" });
    gateway.voice.counted({ ...prompt, completionTokens: tokens });
    if (tokens % 3 === 0) expect(gateway.endTurn()).toEqual({ ...prompt, completionTokens: tokens });
  }
  expect(gateway.told).toBe(1);
});

test("whatever an engine counts, after each turn the gateway knows it", () => {
  const pieces: fc.Arbitrary<Delta> = fc.record(
    { index: fc.constant(0), content: fc.string(), reasoning: fc.string(), finishReason: fc.constant("stop" as const) },
    { requiredKeys: ["index"] },
  );
  const event = fc.record({
    deltas: fc.array(pieces, { maxLength: 3 }),
    tokens: fc.nat(3),
    reasoning: fc.nat(2),
    endsTurn: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const gateway = listen();
      const usage = { ...prompt };
      for (const { deltas, tokens, reasoning, endsTurn } of events) {
        for (const delta of deltas) gateway.voice.delta(delta);
        usage.completionTokens += tokens;
        usage.reasoningTokens += reasoning;
        gateway.voice.counted(usage);
        if (endsTurn) expect(gateway.endTurn()).toEqual(usage);
      }
    }),
  );
});

test("deltas of an engine that does not count go on being counted by the gateway", () => {
  const gateway = listen();
  gateway.voice.delta({ index: 0, content: "a" });
  gateway.voice.counted({ ...emptyUsage("counted"), promptTokens: 3, completionTokens: 1 });
  gateway.voice.delta({ index: 0, content: "b" });
  gateway.endTurn();
  gateway.voice.delta({ index: 0, reasoning: "c" });
  gateway.voice.delta({ index: 0, finishReason: "stop" });
  expect(gateway.endTurn()).toMatchObject({ promptTokens: 3, completionTokens: 3, reasoningTokens: 1 });
});

test("of a line of a batch the first token leaves at once, and what follows within a second waits for one frame", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const { voice, takeFrames } = listen("batch");
    voice.counted(prompt);
    expect(takeFrames()).toMatchObject([{ seq: 0, deltas: [], usage: prompt }]);
    voice.delta({ index: 0, content: "a" });
    expect(takeFrames()).toMatchObject([{ seq: 1, deltas: [{ content: "a" }] }]);
    for (const content of ["b", "c", "d"]) {
      vi.advanceTimersByTime(300);
      voice.delta({ index: 0, content });
      expect(takeFrames()).toEqual([]);
    }
    vi.advanceTimersByTime(300);
    voice.delta({ index: 0, content: "e" });
    const [frame, ...others] = takeFrames();
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ seq: 2, deltas: ["b", "c", "d", "e"].map((content) => ({ content })) });
  } finally {
    vi.useRealTimers();
  }
});

test("what waits of a line of a batch leaves before its end", () => {
  const { voice, takeFrames } = listen("batch");
  voice.delta({ index: 0, content: "a" });
  takeFrames();
  voice.delta({ index: 0, content: "b" });
  voice.last({ type: "end", usage: prompt }, undefined);
  expect(takeFrames()).toMatchObject([
    { seq: 1, type: "delta", deltas: [{ content: "b" }] },
    { seq: 2, type: "end" },
  ]);
});
