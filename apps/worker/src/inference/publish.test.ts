import { countDelta, type Delta, decodeFrames, emptyUsage, encodeFrames, type Frame, type Usage } from "@tera/protocol";
import type { ReplyPublisher } from "@tera/queue";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAttemptVoice } from "./publish.ts";

const job = { requestId: "req_1", attempt: 1, gatewayId: "g" };

/** A publisher whose turns end when they are told to, and what a gateway makes of its frames. */
function listen() {
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
    voice: createAttemptVoice(job, publisher),
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
