/** Part of the conformance suite: whose fault a failure is, and whether another replica is tried. */
import { expect, it, onTestFinished } from "vitest";
import { generate } from "./conformance-attach.ts";
import { attachTo, type ConformingEngine, type Conversation, itWhere, say } from "./conformance-subject.ts";

export function testFailures(subject: ConformingEngine, talk: Conversation): void {
  it("has its refusals told to the client as the client's mistake, in clean words", async () => {
    const error = await talk.run({ messages: [] }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "invalid_request", retryable: false, status: 400 });
    const text = error instanceof Error ? error.message : "";
    expect(text).toMatch(/\w/);
    expect(text).not.toMatch(/127\.0\.0\.1|\/models\/|^\{|\n\s+at /);
  });

  itWhere(subject.refusesLongPrompts)("has a prompt that does not fit told by its own code", async () => {
    talk.attached.engine.set({ maxModelLen: 32 });
    const error = await talk.run({ messages: say("word ".repeat(100)) }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "context_length_exceeded", retryable: false, status: 400 });
    expect(error instanceof Error ? error.message : "").not.toContain("/models/");
  });

  itWhere(!subject.refusesLongPrompts)("goes on with a prompt that does not fit", async () => {
    talk.attached.engine.set({ maxModelLen: 32 });
    expect((await talk.runOne({ messages: say("word ".repeat(100)) })).finishReasons).toEqual(["length"]);
  });

  itWhere(subject.saysOverloaded)(
    "may say in its own words that it is overloaded: another replica is tried",
    async () => {
      talk.attached.engine.set({ condition: "overloaded" });
      await expect(talk.run()).rejects.toMatchObject({ code: "runner_overloaded", retryable: true });
    },
  );

  it.each([429, 503])("answers %i: another replica is tried", async (status) => {
    talk.attached.engine.set({ faults: [{ kind: "status", status, retryAfterS: 7 }] });
    await expect(talk.run()).rejects.toMatchObject({ code: "runner_overloaded", retryable: true, retryAfterS: 7 });
  });

  it("breaks off in the middle: another replica is tried", async () => {
    talk.attached.engine.set({ faults: [{ kind: "reset-mid-stream", afterTokens: 3 }] });
    await expect(talk.run()).rejects.toMatchObject({ code: "runner_failed", retryable: true });
  });

  itWhere(subject.checksModel)("has its model no more: another replica is tried", async () => {
    const own = await attachTo(subject);
    onTestFinished(() => own.detach());
    own.engine.set({ models: ["org/other"] });
    await expect(generate(own.runner, talk.chat())).rejects.toMatchObject({ code: "runner_failed", retryable: true });
  });

  it("makes no sound", async () => {
    const speech = { kind: "speech" as const, model: subject.model.publicId, input: "hello", format: "wav" as const };
    const error = await generate(talk.attached.runner, speech).catch((cause: unknown) => cause);
    if (subject.dialect !== "vllm") expect(error).toMatchObject({ code: "unsupported_parameter", retryable: false });
  });
}
