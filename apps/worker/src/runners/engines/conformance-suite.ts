/**
 * What every engine must do behind the real http runner, whatever its dialect: one suite, run against a fake that speaks as the engine is
 * documented to. What differs is said by `ConformingEngine`, and is no more than what the engine itself can or cannot.
 */
import type { ChatGeneration, ModelFeature, Sampling, Tool } from "@tera/protocol";
import { expectedChat, expectedCompletion, type FakeRunnerSettingsChange, triggers } from "@tera/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { type Attached, attach, generate, type ReceivedChoice } from "./conformance-attach.ts";
import type { EngineName } from "./engine-names.ts";

export interface ConformingEngine {
  dialect: NonNullable<FakeRunnerSettingsChange["dialect"]>;
  /** As which it is recognised. */
  name: EngineName;
  version?: RegExp;
  runnerSettings?: Partial<HttpRunnerSettings>;
  engineSettings?: FakeRunnerSettingsChange;
  /** The engine's own id of its model, and the one that clients see. */
  model: { engineId: string; publicId: string };
  /** It tells how many tokens fit, and how many requests it takes. */
  tells: readonly ("contextLength" | "slots")[];
  features: readonly ModelFeature[];
  /** Those of `extendedParameters` that are offered. */
  extended: readonly ExtendedParameter[];
  /** Offered although the engine ignores them: it is not known which it is. */
  ignored?: readonly string[];
  reasoning: "told" | "hidden";
  tools: boolean;
  json: boolean;
  severalChoices: boolean;
  completions: boolean;
  severalPrompts: boolean;
  /** Whose count the usage is; of a stream that is cancelled, too. */
  usage: "engine" | "counted";
  cancelledUsage: "engine" | "counted";
  refusesLongPrompts: boolean;
  /** It has its own way to say that it is overloaded. */
  saysOverloaded: boolean;
  canary: boolean;
}

export const extendedParameters = ["top_k", "min_p", "repetition_penalty", "presence_penalty", "logit_bias"] as const;
export type ExtendedParameter = (typeof extendedParameters)[number];
/** Every engine has these. */
const plainParameters = ["max_tokens", "temperature", "top_p", "frequency_penalty", "seed", "stop"];

const contextLength = 4_096;
const slots = 24;

const tools: Tool[] = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: {
    name,
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer" },
        units: { type: "array", items: { type: "string" } },
      },
      required: ["city", "days", "units"],
    },
  },
}));

const schema = {
  type: "object",
  properties: {
    title: { type: "string" },
    stars: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["title", "stars", "tags"],
  additionalProperties: false,
};

const say = (text: string) => [{ role: "user" as const, content: text }];
const messages = say("Tell me something.");

export function describeConformance(subject: ConformingEngine): void {
  const { dialect, model } = subject;

  describe(`an engine that speaks as ${dialect} does`, () => {
    const base = { dialect, models: [model.engineId], maxModelLen: contextLength, slots, ...subject.engineSettings };
    const calm: FakeRunnerSettingsChange = {
      maxModelLen: contextLength,
      msPerToken: 0,
      bytesPerWrite: 0,
      condition: "serving",
      rawTools: "none",
      faults: null,
    };
    let attached: Attached;
    beforeAll(async () => {
      attached = await attach(base, subject.runnerSettings);
    });
    afterAll(() => attached?.detach());
    afterEach(() => attached.engine.set(calm));

    function chat(change: Partial<ChatGeneration> = {}, sampling: Sampling = { maxTokens: 20 }): ChatGeneration {
      return { kind: "chat", model: model.publicId, messages, n: 1, sampling, ...change };
    }
    const run = (change: Partial<ChatGeneration> = {}, sampling?: Sampling) =>
      generate(attached.runner, chat(change, sampling));
    const runOne = async (change: Partial<ChatGeneration> = {}, sampling?: Sampling): Promise<ReceivedChoice> => {
      const { choices } = await run(change, sampling);
      const [first] = choices;
      if (first === undefined || choices.length > 1) throw new Error(`${choices.length} choices`);
      return first;
    };

    it("is recognised, with its version where it tells one", () => {
      const status = attached.runner.status();
      expect(status.engine).toBe(subject.name);
      if (subject.version === undefined) expect(status.engineVersion).toBeUndefined();
      else expect(status.engineVersion).toMatch(subject.version);
      if (subject.tells.includes("slots")) expect(status.slots).toBe(slots);
    });

    it("has its model listed under its public id, with what is true of it", () => {
      const [served, ...others] = attached.runner.status().models;
      expect(others).toEqual([]);
      expect(served).toMatchObject({ id: model.publicId, inputModalities: ["text"], outputModalities: ["text"] });
      expect(served?.contextLength).toBe(subject.tells.includes("contextLength") ? contextLength : undefined);
      expect(new Set(served?.features)).toEqual(new Set(subject.features));
      expect(attached.runner.canaryModel()?.id).toBe(subject.canary ? model.publicId : undefined);
    });

    it.each([0, 7])(
      "streams exactly the text that it generates, written in pieces of %i bytes",
      async (bytesPerWrite) => {
        attached.engine.set({ bytesPerWrite });
        const expected = expectedChat({ messages, seed: 4, max_tokens: 60 }).choices[0];
        expect(await runOne({}, { maxTokens: 60, seed: 4 })).toEqual({
          content: expected?.content,
          reasoning: "",
          calls: [],
          finishReasons: ["length"],
        });
      },
    );

    it("has its reasoning told apart from its answer", async () => {
      const asking = say(`What is 6 times 7? ${triggers.reason}`);
      const expected = expectedChat({ messages: asking, max_tokens: 40 }).choices[0];
      const { choices, usage } = await run({ messages: asking }, { maxTokens: 40 });
      expect(choices[0]?.content).toBe(expected?.content);
      expect(choices[0]?.reasoning).toBe(subject.reasoning === "told" ? expected?.reasoning : "");
      expect(usage.reasoningTokens).toBeGreaterThan(0);
      expect(usage.reasoningTokens).toBeLessThan(usage.completionTokens);
    });

    it("generates no more tokens than it may", async () => {
      const { choices, usage } = await run({}, { maxTokens: 3 });
      expect(choices[0]?.finishReasons).toEqual(["length"]);
      expect(usage.completionTokens).toBe(3);
      expect(attached.lastRequest().generatedTokens).toBe(3);
    });

    it("stops before a stop string, of which nothing is seen", async () => {
      const text = expectedChat({ messages, max_tokens: 20 }).choices[0]?.content ?? "";
      const stop = [text.split(" ").slice(6, 8).join(" "), "never said"];
      const expected = expectedChat({ messages, max_tokens: 20, stop }).choices[0];
      expect(text.length).toBeGreaterThan(expected?.content.length ?? Number.POSITIVE_INFINITY);
      expect(await runOne({}, { maxTokens: 20, stop })).toMatchObject({
        content: expected?.content,
        finishReasons: ["stop"],
      });
    });

    it("understands every sampling parameter that is offered, and is sent no other", async () => {
      const offered = attached.runner
        .status()
        .models[0]?.samplingParameters.filter((name) => !name.endsWith("logprobs"));
      expect(new Set(offered)).toEqual(new Set([...plainParameters, ...subject.extended]));
      await run(
        {},
        {
          maxTokens: 4,
          temperature: 0.5,
          topP: 0.9,
          topK: 7,
          minP: 0.1,
          repetitionPenalty: 1.1,
          frequencyPenalty: 0.2,
          presencePenalty: 0.3,
          seed: 5,
          stop: ["@@"],
          logitBias: { "1": 2 },
        },
      );
      const wanted = {
        max_tokens: 4,
        temperature: 0.5,
        top_p: 0.9,
        frequency_penalty: 0.2,
        seed: 5,
        stop: ["@@"],
        top_k: 7,
        min_p: 0.1,
        repetition_penalty: 1.1,
        presence_penalty: 0.3,
        logit_bias: { "1": 2 },
      };
      const { understood, body } = attached.lastRequest();
      const expected = Object.entries(wanted).filter(
        ([name]) => offered?.includes(name) && !subject.ignored?.includes(name),
      );
      expect(understood).toMatchObject(Object.fromEntries(expected));
      const unoffered = extendedParameters.filter((name) => !subject.extended.includes(name));
      for (const name of unoffered) expect(body).not.toHaveProperty(name);
    });

    it("gives other answers for other seeds", async () => {
      const [one, two] = await Promise.all([run({}, { maxTokens: 9, seed: 1 }), run({}, { maxTokens: 9, seed: 2 })]);
      expect(one.choices[0]?.content).toBe(expectedChat({ messages, max_tokens: 9, seed: 1 }).choices[0]?.content);
      expect(two.choices[0]?.content).toBe(expectedChat({ messages, max_tokens: 9, seed: 2 }).choices[0]?.content);
    });

    it.runIf(subject.severalChoices)("makes several choices", async () => {
      const { choices, usage } = await run({ n: 3 }, { maxTokens: 9 });
      const expected = expectedChat({ messages, max_tokens: 9, n: 3 });
      expect(choices.map(({ content }) => content)).toEqual(expected.choices.map(({ content }) => content));
      expect(choices.map(({ finishReasons }) => finishReasons)).toEqual([["length"], ["length"], ["length"]]);
      expect(usage.completionTokens).toBe(27);
    });

    it.runIf(!subject.severalChoices)("is not asked for several choices, which it cannot make", async () => {
      await expect(run({ n: 3 })).rejects.toMatchObject({ code: "unsupported_parameter", param: "n" });
    });

    describe.runIf(subject.tools)("with tools", () => {
      const asking = say(`Weather? ${triggers.callAllTools}`);
      const expectedCalls = (change: object = {}) =>
        expectedChat({ messages: asking, tools, max_tokens: 500, ...change }).choices[0]?.calls ?? [];

      it("has its calls passed on, each with an id of its own", async () => {
        const { calls, finishReasons, content } = await runOne({ messages: asking, tools }, { maxTokens: 500 });
        expect(calls.map(({ name, arguments: text }) => ({ name, arguments: text }))).toEqual(expectedCalls());
        expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
        for (const { id } of calls) expect(id).toMatch(/./);
        expect([content, finishReasons]).toEqual(["", ["tool_calls"]]);
      });

      it.each(["hermes", "qwen3_coder"] as const)(
        "has calls found that it leaves in its text as %s",
        async (rawTools) => {
          attached.engine.set({ rawTools });
          const { calls, finishReasons, content } = await runOne({ messages: asking, tools }, { maxTokens: 500 });
          const parse = (text: string): unknown => JSON.parse(text);
          expect(calls.map(({ name, arguments: text }) => [name, parse(text)])).toEqual(
            expectedCalls().map(({ name, arguments: text }) => [name, parse(text)]),
          );
          expect([content.trim(), finishReasons]).toEqual(["", ["tool_calls"]]);
        },
      );

      it("calls no other tool than the one that it must", async () => {
        const toolChoice = { type: "function" as const, function: { name: "get_time" } };
        const { calls } = await runOne({ messages: asking, tools, toolChoice }, { maxTokens: 500 });
        expect(calls.map(({ name }) => name)).toEqual(["get_time"]);
      });

      it("calls none when it must not", async () => {
        const { calls, content } = await runOne({ messages: asking, tools, toolChoice: "none" });
        expect(calls).toEqual([]);
        expect(content).not.toBe("");
      });

      it("reads the results of a call", async () => {
        const { calls } = await runOne({ messages: asking, tools }, { maxTokens: 500 });
        const [call] = calls;
        const conversation: ChatGeneration["messages"] = [
          ...asking,
          {
            role: "assistant",
            content: null,
            tool_calls: [
              {
                id: call?.id ?? "",
                type: "function",
                function: { name: call?.name ?? "", arguments: call?.arguments ?? "" },
              },
            ],
          },
          { role: "tool", tool_call_id: call?.id ?? "", content: "sunny" },
        ];
        const expected = expectedChat({ messages: conversation, tools, max_tokens: 12 }).choices[0];
        const answer = await runOne({ messages: conversation, tools }, { maxTokens: 12 });
        expect([answer.content, answer.calls]).toEqual([expected?.content, []]);
      });
    });

    it.runIf(subject.json)("keeps to a JSON schema", async () => {
      const format = { type: "json_schema" as const, json_schema: { name: "review", schema, strict: true } };
      const expected = expectedChat({ messages, response_format: format, max_tokens: 500 }).choices[0];
      const { content } = await runOne({ responseFormat: format }, { maxTokens: 500 });
      expect(content).toBe(expected?.content);
      expect(Object.keys(JSON.parse(content))).toEqual(["title", "stars", "tags"]);
    });

    it.runIf(subject.json)("answers with a JSON object where one is wanted", async () => {
      const { content } = await runOne({ responseFormat: { type: "json_object" } }, { maxTokens: 500 });
      expect(content).toMatch(/^\{.*\}$/s);
      expect(JSON.parse(content)).toBeTypeOf("object");
    });

    it("has its own counts passed on, or its tokens counted where it gives none", async () => {
      const { usage } = await run();
      const logged = attached.lastRequest();
      expect(usage).toMatchObject({ source: subject.usage, completionTokens: logged.generatedTokens });
      if (subject.usage === "engine") expect(usage.promptTokens).toBe(logged.promptTokens);
      else expect(usage.promptTokens).toBeGreaterThan(0);
    });

    it("stops within a second when the client leaves, and what it made until then is counted", async () => {
      attached.engine.set({ msPerToken: 5 });
      const abort = new AbortController();
      let deltas = 0;
      const { usage } = await generate(attached.runner, chat({}, { maxTokens: 3_000 }), {
        signal: abort.signal,
        onDelta: () => {
          if (++deltas === 4) abort.abort();
        },
      });
      const logged = attached.lastRequest();
      await vi.waitFor(() => expect(logged.state).toBe("aborted"), { timeout: 1_000 });
      expect(usage.source).toBe(subject.cancelledUsage);
      expect(usage.completionTokens).toBeGreaterThanOrEqual(3);
      expect(usage.completionTokens).toBeLessThanOrEqual(logged.generatedTokens);
      expect(usage.promptTokens).toBeGreaterThan(0);
      if (subject.cancelledUsage === "engine") expect(usage.promptTokens).toBe(logged.promptTokens);
    });

    it("does not mix requests that run at once", async () => {
      attached.engine.set({ msPerToken: 1 });
      const wanted = Array.from({ length: 16 }, (_, at) => ({ messages: say(`Question ${at}`), maxTokens: 10 + at }));
      const answers = await Promise.all(
        wanted.map(({ messages: asked, maxTokens }) => runOne({ messages: asked }, { maxTokens })),
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
      model: model.publicId,
      prompts: ["Once upon a time"],
      echo: false,
      n: 1,
      sampling: { maxTokens: 12 },
      ...change,
    });

    it.runIf(subject.completions)("completes a text", async () => {
      const { choices, usage } = await generate(attached.runner, completion());
      const expected = expectedCompletion({ prompt: "Once upon a time", max_tokens: 12 });
      expect(choices).toMatchObject([{ content: expected.choices[0]?.content, finishReasons: ["length"] }]);
      expect(usage).toMatchObject({ completionTokens: 12, promptTokens: expected.promptTokens, source: "engine" });
    });

    it.runIf(subject.completions && subject.severalPrompts)("completes several texts at once", async () => {
      const prompts = ["Once upon a time", "The end of"];
      const { choices, usage } = await generate(attached.runner, completion({ prompts }));
      const expected = expectedCompletion({ prompt: prompts, max_tokens: 12 });
      expect(choices.map(({ content }) => content)).toEqual(expected.choices.map(({ content }) => content));
      expect(usage).toMatchObject({ completionTokens: 24, promptTokens: expected.promptTokens });
    });

    it.runIf(subject.completions && !subject.severalPrompts)("is not asked for several texts at once", async () => {
      await expect(generate(attached.runner, completion({ prompts: ["a", "b"] }))).rejects.toMatchObject({
        code: "unsupported_parameter",
        param: "prompt",
      });
    });

    it.runIf(!subject.completions)("has no text completion, and says so to the client", async () => {
      await expect(generate(attached.runner, completion())).rejects.toMatchObject({
        code: "unsupported_parameter",
        retryable: false,
      });
    });

    it("has its refusals told to the client as the client's mistake, in clean words", async () => {
      // The gateway lets it pass, and no engine takes it for a prompt.
      const error = await run({ messages: [] }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: "invalid_request", retryable: false, status: 400 });
      const text = error instanceof Error ? error.message : "";
      expect(text).toMatch(/\w/);
      expect(text).not.toMatch(/127\.0\.0\.1|\/models\/|^\{|\n\s+at /);
    });

    it.runIf(subject.refusesLongPrompts)("has a prompt that does not fit told by its own code", async () => {
      attached.engine.set({ maxModelLen: 32 });
      const error = await run({ messages: say("word ".repeat(100)) }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: "context_length_exceeded", retryable: false, status: 400 });
      expect(error instanceof Error ? error.message : "").not.toContain("/models/");
    });

    it.runIf(!subject.refusesLongPrompts)("goes on with a prompt that does not fit", async () => {
      attached.engine.set({ maxModelLen: 32 });
      expect((await runOne({ messages: say("word ".repeat(100)) })).finishReasons).toEqual(["length"]);
    });

    it.runIf(subject.saysOverloaded)(
      "may say in its own words that it is overloaded: another replica is tried",
      async () => {
        attached.engine.set({ condition: "overloaded" });
        await expect(run()).rejects.toMatchObject({ code: "runner_overloaded", retryable: true });
      },
    );

    it.each([429, 503])("answers %i: another replica is tried", async (status) => {
      attached.engine.set({ faults: [{ kind: "status", status, retryAfterS: 7 }] });
      await expect(run()).rejects.toMatchObject({ code: "runner_overloaded", retryable: true, retryAfterS: 7 });
    });

    it("breaks off in the middle: another replica is tried", async () => {
      attached.engine.set({ faults: [{ kind: "reset-mid-stream", afterTokens: 3 }] });
      await expect(run()).rejects.toMatchObject({ code: "runner_failed", retryable: true });
    });

    it("makes no sound", async () => {
      const speech = { kind: "speech" as const, model: model.publicId, input: "hello", format: "wav" as const };
      const error = await generate(attached.runner, speech).catch((cause: unknown) => cause);
      if (dialect !== "vllm") expect(error).toMatchObject({ code: "unsupported_parameter", retryable: false });
    });
  });
}
