/** Part of the conformance suite: what is asked for reaches the engine in its own words, and what it says reaches the client unchanged. */
import { expectedChat, triggers } from "@tera/testkit";
import { expect, it } from "vitest";
import {
  type ConformingEngine,
  type Conversation,
  extendedParameters,
  itWhere,
  messages,
  say,
} from "./conformance-subject.ts";

/** Every engine has these. */
const plainParameters = ["max_tokens", "temperature", "top_p", "frequency_penalty", "seed", "stop"];

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

export function testAnswers(subject: ConformingEngine, talk: Conversation): void {
  it.each([0, 7])(
    "streams exactly the text that it generates, written in pieces of %i bytes",
    async (bytesPerWrite) => {
      talk.attached.engine.set({ bytesPerWrite });
      const expected = expectedChat({ messages, seed: 4, max_tokens: 60 }).choices[0];
      expect(await talk.runOne({}, { maxTokens: 60, seed: 4 })).toEqual({
        content: expected?.content,
        reasoning: "",
        calls: [],
        logprobs: [],
        finishReasons: ["length"],
      });
    },
  );

  it("has its reasoning told apart from its answer", async () => {
    const asking = say(`What is 6 times 7? ${triggers.reason}`);
    const expected = expectedChat({ messages: asking, max_tokens: 40 }).choices[0];
    const { choices, usage } = await talk.run({ messages: asking }, { maxTokens: 40 });
    expect(choices[0]?.content).toBe(expected?.content);
    expect(choices[0]?.reasoning).toBe(subject.reasoning === "told" ? expected?.reasoning : "");
    expect(usage.reasoningTokens).toBeGreaterThan(0);
    expect(usage.reasoningTokens).toBeLessThan(usage.completionTokens);
  });

  it("generates no more tokens than it may", async () => {
    const { choices, usage } = await talk.run({}, { maxTokens: 3 });
    expect(choices[0]?.finishReasons).toEqual(["length"]);
    expect(usage.completionTokens).toBe(3);
    expect(talk.attached.lastRequest().generatedTokens).toBe(3);
  });

  it("stops before a stop string, of which nothing is seen", async () => {
    const text = expectedChat({ messages, max_tokens: 20 }).choices[0]?.content ?? "";
    const stop = [text.split(" ").slice(6, 8).join(" "), "never said"];
    const expected = expectedChat({ messages, max_tokens: 20, stop }).choices[0];
    expect(text.length).toBeGreaterThan(expected?.content.length ?? Number.POSITIVE_INFINITY);
    expect(await talk.runOne({}, { maxTokens: 20, stop })).toMatchObject({
      content: expected?.content,
      finishReasons: ["stop"],
    });
  });

  it("understands every sampling parameter that is offered, and is sent no other", async () => {
    const offered = talk.attached.runner
      .status()
      .models[0]?.samplingParameters.filter((name) => !name.endsWith("logprobs"));
    expect(new Set(offered)).toEqual(new Set([...plainParameters, ...subject.extended]));
    await talk.run(
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
    const { understood, body } = talk.attached.lastRequest();
    const expected = Object.entries(wanted).filter(
      ([name]) => offered?.includes(name) && !subject.ignored?.includes(name),
    );
    expect(understood).toMatchObject(Object.fromEntries(expected));
    const unoffered = extendedParameters.filter((name) => !subject.extended.includes(name));
    for (const name of unoffered) expect(body).not.toHaveProperty(name);
  });

  it("gives other answers for other seeds", async () => {
    const [one, two] = await Promise.all([
      talk.run({}, { maxTokens: 9, seed: 1 }),
      talk.run({}, { maxTokens: 9, seed: 2 }),
    ]);
    expect(one.choices[0]?.content).toBe(expectedChat({ messages, max_tokens: 9, seed: 1 }).choices[0]?.content);
    expect(two.choices[0]?.content).toBe(expectedChat({ messages, max_tokens: 9, seed: 2 }).choices[0]?.content);
  });

  itWhere(subject.severalChoices)("makes several choices", async () => {
    const { choices, usage } = await talk.run({ n: 3 }, { maxTokens: 9 });
    const expected = expectedChat({ messages, max_tokens: 9, n: 3 });
    expect(choices.map(({ content }) => content)).toEqual(expected.choices.map(({ content }) => content));
    expect(choices.map(({ finishReasons }) => finishReasons)).toEqual([["length"], ["length"], ["length"]]);
    expect(usage.completionTokens).toBe(27);
  });

  itWhere(!subject.severalChoices)("is told to the client to make one choice at a time", async () => {
    const { received } = talk.attached.engine.report().totals;
    await expect(talk.run({ n: 3 })).rejects.toMatchObject({ code: "unsupported_parameter", param: "n" });
    // One that is known for it is not even asked.
    expect(talk.attached.engine.report().totals.received - received).toBe(subject.name === "openai" ? 1 : 0);
  });

  itWhere(subject.json)("keeps to a JSON schema", async () => {
    const format = { type: "json_schema" as const, json_schema: { name: "review", schema, strict: true } };
    const expected = expectedChat({ messages, response_format: format, max_tokens: 500 }).choices[0];
    const { content } = await talk.runOne({ responseFormat: format }, { maxTokens: 500 });
    expect(content).toBe(expected?.content);
    expect(Object.keys(JSON.parse(content))).toEqual(["title", "stars", "tags"]);
  });

  itWhere(subject.json)("answers with a JSON object where one is wanted", async () => {
    const { content } = await talk.runOne({ responseFormat: { type: "json_object" } }, { maxTokens: 500 });
    expect(content).toMatch(/^\{.*\}$/s);
    expect(JSON.parse(content)).toBeTypeOf("object");
  });

  it("is asked for as much reasoning as it knows", async () => {
    for (const reasoningEffort of ["minimal", "low", "high", "xhigh"]) {
      expect((await talk.runOne({ reasoningEffort })).finishReasons).toEqual(["length"]);
    }
  });

  itWhere(subject.logprobs)("has the log probabilities of its tokens passed on", async () => {
    const { content, logprobs } = await talk.runOne({}, { maxTokens: 6, logprobs: 2 });
    expect(logprobs.map(({ token }) => token).join("")).toBe(content);
    expect(logprobs.map(({ top_logprobs: others }) => others.length)).toEqual([2, 2, 2, 2, 2, 2]);
    for (const { logprob } of logprobs) expect(logprob).toBeLessThanOrEqual(0);
  });
}
