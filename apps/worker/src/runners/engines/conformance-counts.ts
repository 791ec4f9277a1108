/** Part of the conformance suite: what is counted, also of a request that is cancelled, and of text completions. */
import type { Usage } from "@tera/protocol";
import { expectedChat, expectedCompletion } from "@tera/testkit";
import { expect, it, vi } from "vitest";
import { generate } from "./conformance-attach.ts";
import { type ConformingEngine, type Conversation, itWhere, say } from "./conformance-subject.ts";

export function testCounts(subject: ConformingEngine, talk: Conversation): void {
  it("has its own counts passed on, or its tokens counted where it gives none", async () => {
    const { usage } = await talk.run();
    const logged = talk.attached.lastRequest();
    expect(usage).toMatchObject({ source: subject.usage, completionTokens: logged.generatedTokens });
    if (subject.usage === "engine") expect(usage.promptTokens).toBe(logged.promptTokens);
    else expect(usage.promptTokens).toBeGreaterThan(0);
  });

  it("stops within a second when the client leaves, and what it made until then is counted", async () => {
    talk.attached.engine.set({ msPerToken: 5 });
    const abort = new AbortController();
    let deltas = 0;
    const told: Usage[] = [];
    const { usage } = await generate(talk.attached.runner, talk.chat({}, { maxTokens: 3_000 }), {
      signal: abort.signal,
      onDelta: () => {
        if (++deltas === 4) abort.abort();
      },
      onUsage: (soFar) => told.push({ ...soFar }),
    });
    const logged = talk.attached.lastRequest();
    await vi.waitFor(() => expect(logged.state).toBe("aborted"), { timeout: 1_000 });
    expect(usage.source).toBe(subject.cancelledUsage);
    expect(usage.completionTokens).toBeGreaterThanOrEqual(3);
    expect(usage.completionTokens).toBeLessThanOrEqual(logged.generatedTokens);
    expect(usage.promptTokens).toBeGreaterThan(0);
    if (subject.cancelledUsage === "engine") expect(usage.promptTokens).toBe(logged.promptTokens);
    // Whoever heard the runner until then knows the same, should the worker die before it can say so.
    expect(told.at(-1)).toMatchObject({ promptTokens: usage.promptTokens, source: usage.source });
    if (subject.cancelledUsage === "engine") expect(told.at(-1)).toEqual(usage);
  });

  it("stops also before its first token", async () => {
    talk.attached.engine.set({ ttftMs: 60_000 });
    const abort = new AbortController();
    const answer = generate(talk.attached.runner, talk.chat(), { signal: abort.signal });
    await vi.waitFor(() => expect(talk.attached.engine.report().running).toBe(1));
    abort.abort();
    const { choices, usage } = await answer;
    expect([choices, usage.completionTokens]).toEqual([[], 0]);
    await vi.waitFor(() => expect(talk.attached.lastRequest().state).toBe("aborted"), { timeout: 1_000 });
  });

  it("does not mix requests that run at once", async () => {
    talk.attached.engine.set({ msPerToken: 1 });
    const wanted = Array.from({ length: 16 }, (_, at) => ({ messages: say(`Question ${at}`), maxTokens: 10 + at }));
    const answers = await Promise.all(
      wanted.map(({ messages: asked, maxTokens }) => talk.runOne({ messages: asked }, { maxTokens })),
    );
    expect(answers.map(({ content }) => content)).toEqual(
      wanted.map(
        ({ messages: asked, maxTokens }) =>
          expectedChat({ messages: asked, max_tokens: maxTokens }).choices[0]?.content,
      ),
    );
  });

  const completion = (change: object = {}) => ({
    kind: "completion" as const,
    model: subject.model.publicId,
    prompts: ["Once upon a time"],
    echo: false,
    n: 1,
    sampling: { maxTokens: 12 },
    ...change,
  });

  itWhere(subject.completions)("completes a text", async () => {
    const { choices, usage } = await generate(talk.attached.runner, completion());
    const expected = expectedCompletion({ prompt: "Once upon a time", max_tokens: 12 });
    expect(choices).toMatchObject([{ content: expected.choices[0]?.content, finishReasons: ["length"] }]);
    expect(usage).toMatchObject({ completionTokens: 12, promptTokens: expected.promptTokens, source: "engine" });
  });

  itWhere(subject.completions && subject.severalPrompts)("completes several texts at once", async () => {
    const prompts = ["Once upon a time", "The end of"];
    const { choices, usage } = await generate(talk.attached.runner, completion({ prompts }));
    const expected = expectedCompletion({ prompt: prompts, max_tokens: 12 });
    expect(choices.map(({ content }) => content)).toEqual(expected.choices.map(({ content }) => content));
    expect(usage).toMatchObject({ completionTokens: 24, promptTokens: expected.promptTokens });
  });

  itWhere(subject.completions && !subject.severalPrompts)("is not asked for several texts at once", async () => {
    await expect(generate(talk.attached.runner, completion({ prompts: ["a", "b"] }))).rejects.toMatchObject({
      code: "unsupported_parameter",
      param: "prompt",
    });
  });

  itWhere(!subject.completions)("has no text completion, and says so to the client", async () => {
    await expect(generate(talk.attached.runner, completion())).rejects.toMatchObject({
      code: "unsupported_parameter",
      retryable: false,
    });
  });
}
